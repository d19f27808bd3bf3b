"""Requests of the demo that have ended: with a tenant, or without one."""

import io
from datetime import timedelta

import pikepdf
from django.utils import timezone

from contacts import access_links
from contacts.models import AccessLink, User
from tenants import new_contacts, stopping, workflow, working_days
from tenants.agreements import documents, keeping
from tenants.demo import PASSWORD, filing
from tenants.demo.filing import TICKED, Case, Customer, Scene
from tenants.demo.passing import let_pass
from tenants.models import Remark, TenantRequest
from tenants.sending import Ticked


def _registered(scene: Scene, found: TenantRequest) -> TenantRequest:
    return filing.registered(let_pass(filing.approved(let_pass(found, 1), scene.sam), 1), scene.sam)


def _in_use(scene: Scene, found: TenantRequest, days: float) -> TenantRequest:
    """Registered that long ago; the technical contact has set a password since, so nobody is reminded of a link."""
    found = let_pass(_registered(scene, found), days)
    email = found.submissions.latest("version").data["contacts"]["technical"]["email"]
    # The hash that all of the demo share: making one takes its time, by intent.
    User.objects.filter(email=email).update(password=scene.alice.password)
    return found


def tenant_ready(scene: Scene, case: Case) -> None:
    _registered(scene, filing.sent(case, scene.alice))


def link_unused(scene: Scene, case: Case) -> None:
    let_pass(_registered(scene, filing.sent(case, scene.alice)), 8)


def logged_in(scene: Scene, case: Case) -> None:
    """The technical contact has set a password, by the link of the registration mail."""
    found = _registered(scene, filing.sent(case, scene.alice))
    email = found.submissions.latest("version").data["contacts"]["technical"]["email"]
    link = AccessLink.objects.select_related("user").get(email=email, used_at=None, replaced_at=None)
    token = access_links.address(link).partition("/activate/")[2]
    access_links.use(AccessLink.Purpose.ACTIVATION, token, PASSWORD)
    let_pass(found, 40)


def contacts_changed(scene: Scene, case: Case) -> None:
    found = _in_use(scene, filing.sent(case, scene.alice), 60)
    newcomer = filing.make_contact(case.company, "Yves Noël", roles=["technical"], language="fr")
    stays = case.company.contacts.get(roles__contains=["commercial"])
    typed = {"technical": f"contact:{newcomer.public_id}", "commercial": f"contact:{stays.public_id}", "authority": ""}
    new_contacts.change(found, by=scene.alice, typed=typed, version=1, ticked=TICKED)


def contact_gone(scene: Scene, case: Case) -> None:
    _in_use(scene, filing.sent(case, scene.alice), 90)
    rows = case.company.contacts.filter(roles__contains=["technical"])
    rows.update(archived_at=timezone.now(), archived_by=scene.alice)


def registration_corrected(scene: Scene, case: Case) -> None:
    found = _in_use(scene, filing.sent(case, scene.alice), 3)
    right = filing.tenant(found)
    right.domain = f"{case.wanted}be.onmicrosoft.com"
    reason = "The first domain was a typing mistake of ours."
    workflow.correct_registration(found, by=scene.kim, version=1, tenant=right, comment=reason)


def agreement_uploaded(scene: Scene, case: Case) -> None:
    """A colleague is the technical contact: the signed agreement goes with it."""
    today = working_days.today()
    kept = keeping.keep(
        case.company,
        keeping.Given(
            "Overeenkomst 2026-118",
            today - timedelta(days=120),
            today + timedelta(days=610),
            documents.Document(a_page(), "overeenkomst-2026-118.pdf"),
        ),
        by=scene.alice,
    )
    ticked = Ticked((*TICKED.kinds, "own_contacts"), agreement=kept.public_id, ip_address=TICKED.ip_address)
    contacts = {"technical": f"user:{scene.carol.public_id}"}
    let_pass(_registered(scene, filing.sent(case, scene.alice, ticked=ticked, contacts=contacts)), 15)


def agreement_stated(scene: Scene, case: Case) -> None:
    """Alice signs herself, and states that her company keeps the agreement; an older one is over."""
    today = working_days.today()
    over = keeping.Given("AG-2024-31", today - timedelta(days=800), today - timedelta(days=70))
    keeping.keep(case.company, over, by=scene.alice)
    contacts = {"commercial": f"user:{scene.alice.public_id}"}
    _in_use(scene, filing.sent(case, scene.alice, ticked=filing.with_agreement(), contacts=contacts), 25)


def not_accepted(scene: Scene, case: Case) -> None:
    found = filing.taken(let_pass(filing.sent(case, scene.alice), 1), scene.sam)
    workflow.reject(found, by=scene.sam, version=1, comment="Another partner looks after this customer.")


def withdrawn(scene: Scene, case: Case) -> None:
    workflow.withdraw(let_pass(filing.sent(case, scene.carol), 2), by=scene.alice)


def lapsed(scene: Scene, case: Case) -> None:
    found = let_pass(filing.sent(case, scene.alice), 2)
    remark = Remark(field="message.message", text="For which of the two branches is this tenant?")
    workflow.withdraw(let_pass(filing.sent_back(found, scene.sam, remark), 34), by=None)


def cancelled(scene: Scene, case: Case) -> None:
    found = let_pass(filing.started(let_pass(filing.sent(case, scene.alice), 3), scene.sam), 1)
    stopping.ask(found, by=scene.alice, text="The customer stops its business.")
    reason = "Stopped as you asked; what was begun at Microsoft is gone."
    workflow.cancel(let_pass(found, 1), by=scene.sam, version=1, comment=reason)


def a_page() -> bytes:
    """A PDF of one page with one line on it, the same each time."""
    pdf, saved = pikepdf.new(), io.BytesIO()
    page = pdf.add_blank_page(page_size=(595, 842))
    page.obj.Contents = pdf.make_stream(b"BT /F1 16 Tf 72 760 Td (Overeenkomst 2026-118, a document of the demo) Tj ET")
    font = pikepdf.Dictionary(Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica)
    page.obj.Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(F1=font))
    pdf.save(saved, deterministic_id=True)
    return saved.getvalue()


CASES = (
    Case(
        "tenantready",
        "Just registered, the mails are on their way",
        Customer("Hof ten Bergh nv", "Tom Bergh", "Kate Bergh", "en", "hoftenbergh.example", "BE0439291125"),
        tenant_ready,
    ),
    Case(
        "linkunused",
        "Registered, the activation link is not used",
        Customer("Boekhandel Paper bv", "Nele Paper", "Koen Paper", "nl", "boekhandelpaper.example"),
        link_unused,
    ),
    Case(
        "loggedin",
        "Registered, the technical contact logs in",
        Customer("Brouwerij Ter Dolen nv", "Tom Dolen", "Griet Dolen", "nl", "terdolen.example"),
        logged_in,
    ),
    Case(
        "contactschanged",
        "Registered, then another technical contact",
        Customer("Boulangerie Noël srl", "Simon Noël", "Julie Noël", "fr", "boulangerienoel.example"),
        contacts_changed,
    ),
    Case(
        "contactgone",
        "Registered, a contact has left",
        Customer("Optiek Visser bv", "Ward Visser", "Lotte Visser", "nl", "optiekvisser.example"),
        contact_gone,
    ),
    Case(
        "registrationcorrected",
        "Registered, the domain was corrected",
        Customer("Architecten Lijn bv", "Jonas Lijn", "Sara Lijn", "nl", "architectenlijn.example"),
        registration_corrected,
    ),
    Case(
        "agreementuploaded",
        "A colleague is named, with a signed PDF",
        Customer("Dierenarts Wolfs bv", "Katrien Wolfs", "Peter Wolfs", "nl", "dierenartswolfs.example"),
        agreement_uploaded,
    ),
    Case(
        "agreementstated",
        "The sender signs, and keeps the agreement",
        Customer("Crèche Les Lutins asbl", "Manon Petit", "Luc Petit", "fr", "leslutins.example"),
        agreement_stated,
    ),
    Case(
        "notaccepted",
        "Not accepted; the contacts hear it tomorrow",
        Customer("Taverne du Pont srl", "Denis Pont", "Odile Pont", "fr", "tavernedupont.example"),
        not_accepted,
    ),
    Case(
        "withdrawn",
        "Withdrawn by a colleague",
        Customer("Sporthal Olympia bv", "Bram Olym", "Gwen Olym", "nl", "sporthalolympia.example"),
        withdrawn,
    ),
    Case(
        "lapsed",
        "Withdrawn by itself, as nobody answered",
        Customer("Elektro Baeten bv", "Sven Baeten", "Lut Baeten", "nl", "elektrobaeten.example"),
        lapsed,
    ),
    Case(
        "cancelled",
        "Cancelled by Arxus, as the partner asked",
        Customer("Parfumerie Iris srl", "Iris Dumont", "Alain Dumont", "fr", "parfumerieiris.example"),
        cancelled,
    ),
)
