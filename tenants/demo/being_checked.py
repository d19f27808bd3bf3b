"""Requests of the demo that Arxus checks."""

from datetime import timedelta

from django.utils import timezone

from contacts import colleagues
from contacts.models import Company, Contact
from notifications.models import OutgoingEmail
from tenants import absence, announcements, corrections, objection_links, objections, suggested, workflow, working_days
from tenants.demo import filing
from tenants.demo.directory import bring
from tenants.demo.filing import Case, Customer, Scene
from tenants.demo.passing import let_pass
from tenants.models import Kind, Objection, Remark, TenantRequest
from tenants.named import PLACES
from tenants.review import acts


def just_sent(scene: Scene, case: Case) -> None:
    filing.sent(case, scene.alice)


def taken(scene: Scene, case: Case) -> None:
    filing.taken(let_pass(filing.sent(case, scene.carol), 1), scene.kim)


def late(scene: Scene, case: Case) -> None:
    let_pass(filing.taken(let_pass(filing.sent(case, scene.alice), 1), scene.sam), 11)


def answer_came(scene: Scene, case: Case) -> None:
    found = let_pass(filing.sent(case, scene.alice), 4)
    remark = Remark(
        field="tenant.tenant_name", text="Write the name with your town in it.", suggestion="answercamegent"
    )
    found = let_pass(filing.sent_back(found, scene.sam, remark), 3)
    suggested.use_suggestions(found, found.remarks.all(), by=scene.alice)
    filing.submit(found, scene.alice)


def _object(found: TenantRequest, role: str, text: str) -> Objection:
    """As that contact does, by the link in the confirmation."""
    email = found.submissions.latest("version").data["contacts"][role]["email"]
    token = objection_links.address(found, email).rstrip("/").rpartition("/")[2]
    known = objections.find(found.public_id, token)
    assert known is not None  # noqa: S101 – the link of somebody who is named
    return objections.object_to(*known, text)


def objection_open(scene: Scene, case: Case) -> None:
    found = filing.taken(let_pass(filing.sent(case, scene.alice), 1), scene.sam)
    _object(found, "commercial", "Nous n’avons pas demandé ce tenant. Qui l’a commandé ?")


def objection_settled(scene: Scene, case: Case) -> None:
    found = filing.taken(let_pass(filing.sent(case, scene.alice), 1), scene.sam)
    objection = _object(found, "technical", "Ons adres staat er verkeerd.")
    reason = "The address was checked with the partner by telephone: it is right."
    objections.settle(objection, by=scene.sam, reason=reason)


def not_in_servicenow(scene: Scene, case: Case) -> None:
    found = filing.taken(let_pass(filing.sent(case, scene.alice), 1), scene.sam)
    acts.ask_for_user(found, by=scene.sam, on=working_days.today(), case_number="CS0048211")


def check_overridden(scene: Scene, case: Case) -> None:
    found = filing.taken(let_pass(filing.sent(case, scene.alice), 1), scene.kim)
    seen = found.checks.get(kind="directory").fingerprint
    reason = "Their ServiceNow user is locked over the holidays; the desk unlocks it on Monday."
    acts.override(found, "directory", by=scene.kim, reason=reason, seen=seen)


def person_corrected(scene: Scene, case: Case) -> None:
    found = filing.sent(case, scene.alice)
    contact = case.company.contacts.get(roles__contains=["commercial"])
    right = contact.email.replace("stijn.", "s.")

    def keep() -> None:
        Contact.objects.filter(pk=contact.pk).update(email=right)

    corrections.correct(found, PLACES["commercial"], by=scene.alice, version=1, keep=keep)


def contact_archived(scene: Scene, case: Case) -> None:
    found = filing.taken(let_pass(filing.sent(case, scene.alice), 1), scene.sam)
    rows = case.company.contacts.filter(roles__contains=["commercial"])
    rows.update(archived_at=timezone.now(), archived_by=scene.alice)
    acts.run_checks(found, by=scene.sam)


def wanted_by_two(scene: Scene, case: Case) -> None:
    """The rival's too, which is made first."""
    by = scene.mallory if case.partner == "cloudhoek.example" else scene.alice
    filing.sent(case, by)


def reopened(scene: Scene, case: Case) -> None:
    found = filing.taken(let_pass(filing.sent(case, scene.alice), 5), scene.sam)
    found = workflow.reject(found, by=scene.sam, version=1, comment="Another partner looks after this customer.")
    reason = "The customer has left the other partner, as its letter of yesterday says."
    workflow.reopen(let_pass(found, 4), by=scene.kim, version=1, comment=reason)


def hitch_reported(scene: Scene, case: Case) -> None:
    found = let_pass(filing.started(let_pass(filing.sent(case, scene.alice), 1), scene.sam), 1)
    workflow.fail(found, by=scene.sam, version=1, comment="Microsoft’s service was down; we try again tomorrow.")


def validator_away(scene: Scene, case: Case) -> None:
    filing.taken(let_pass(filing.sent(case, scene.alice), 1), scene.lotte)
    absence.set_until(scene.lotte, working_days.today() + timedelta(days=12), by=scene.lotte)


def directory_was_stale(scene: Scene, case: Case) -> None:
    """It says so until somebody runs the check again."""
    bring(scene.sam, days_old=12)
    filing.sent(case, scene.alice)
    bring(scene.sam)


def mail_came_back(scene: Scene, case: Case) -> None:
    found = filing.taken(let_pass(filing.sent(case, scene.alice), 1), scene.sam)
    mails = OutgoingEmail.objects.filter(about=announcements.about(found), template="confirmation")
    acts.came_back(found, mails.order_by("to_email")[0], by=scene.sam)


def another_ground(scene: Scene, case: Case) -> None:
    ground = {"authority": "other", "authority_reference": "Sole heir of the owner, who died in spring"}
    filing.sent(case, scene.alice, contacts=ground | {"authority_date": ""})


def owner_left(scene: Scene, case: Case) -> None:
    let_pass(filing.sent(case, scene.rik), 1)
    membership = scene.rik.memberships.get(company__email_domains=[case.partner])
    colleagues.end(membership, by=scene.alice, to=scene.carol)


def domain_and_id(scene: Scene, case: Case) -> None:
    tenant_id = "5d0c7a41-3b52-4e0f-8f3a-0000d0ab1d00"
    filing.sent(case, scene.carol, Kind.ONBOARD, existing={"tenant_id": tenant_id})


def service_off(scene: Scene, case: Case) -> None:
    filing.sent(case, scene.olga)
    Company.objects.filter(customers=case.company).update(tenant_configuration=False)


BAKERY = Customer(
    "Bakkerij De Smet bv", "Theo Lambert", "An De Smet", "nl", "bakkerijdesmet.example", number="BE0404616494"
)
CASES = (
    Case("justsent", "Just sent, nobody has taken it", BAKERY, just_sent),
    Case(
        "takenbykim",
        "Kim has taken it",
        Customer("Kinepraktijk Nys bv", "Joke Nys", "Wim Nys", "nl", "kinenys.example"),
        taken,
    ),
    Case(
        "targetmissed",
        "Arxus is late with it",
        Customer("Brasserie Lefèvre srl", "Louis Lefèvre", "Camille Lefèvre", "fr", "lefevre.example"),
        late,
    ),
    Case(
        "answercame",
        "Sent back, and sent again",
        Customer("Schrijnwerkerij Bogaert bv", "Lien Bogaert", "Dries Bogaert", "nl", "bogaert.example"),
        answer_came,
    ),
    Case(
        "objectionopen",
        "A contact says that it is not right",
        Customer("Clinique Vétérinaire du Condroz srl", "Luc Simon", "Marie Dupont", "fr", "condroz.example"),
        objection_open,
    ),
    Case(
        "objectionsettled",
        "An objection was settled",
        Customer(
            "Garage Lambrecht nv", "Piet Lambrecht", "Mia Lambrecht", "nl", "garagelambrecht.example", "BE0417497106"
        ),
        objection_settled,
    ),
    Case(
        "notinservicenow",
        "The technical contact is no ServiceNow user yet",
        Customer("Fiduciaire Renard srl", "Nina Unknown", "Olivier Renard", "fr", "renard.example"),
        not_in_servicenow,
    ),
    Case(
        "checkoverridden",
        "A lead has overridden a check",
        Customer("Apotheek Lievens bv", "Nora Locked", "Hans Lievens", "nl", "apotheeklievens.example"),
        check_overridden,
    ),
    Case(
        "personcorrected",
        "An address was corrected after sending",
        Customer("Drukkerij Aerts nv", "Lies Hove", "Stijn Aerts", "nl", "drukkerijaerts.example"),
        person_corrected,
    ),
    Case(
        "contactarchived",
        "A contact was archived after sending",
        Customer("Traiteur Goffin srl", "Aline Goffin", "Pierre Goffin", "fr", "goffin.example"),
        contact_archived,
    ),
    Case(
        "wantedbytwo",
        "The rival has asked for the same name",
        Customer(
            "De Smet Bakkers nv", "Arno Smet", "Ilse Smet", "nl", "desmetbakkers.example", partner="cloudhoek.example"
        ),
        wanted_by_two,
    ),
    Case(
        "wantedbytwo",
        "Another partner has asked for the same name",
        Customer("Desmet & Zonen bv", "Arno Desmet", "Ilse Desmet", "nl", "desmetzonen.example"),
        wanted_by_two,
    ),
    Case(
        "reopened",
        "Rejected by mistake, and reopened",
        Customer("Notaris Hermans bv", "Fleur Hermans", "Guy Hermans", "nl", "notarishermans.example"),
        reopened,
    ),
    Case(
        "hitchreported",
        "Back to checking after a hitch at Microsoft",
        Customer("Menuiserie Gérard srl", "Inès Gérard", "Paul Gérard", "fr", "gerard.example"),
        hitch_reported,
    ),
    Case(
        "validatoraway",
        "Who has it is away",
        Customer("Tuincenter Groen bv", "Tine Groen", "Bert Groen", "nl", "tuincentergroen.example"),
        validator_away,
    ),
    Case(
        "directorywasstale",
        "Checked while the directory was too old",
        Customer("Rijschool Centrum bv", "Rob Claes", "Eva Claes", "nl", "rijschoolcentrum.example"),
        directory_was_stale,
    ),
    Case(
        "mailcameback",
        "A mail to a contact came back",
        Customer("Imprimerie Delvaux srl", "Paul Delvaux", "Anne Delvaux", "fr", "impdelvaux.example", "BE0462920226"),
        mail_came_back,
    ),
    Case(
        "anotherground",
        "A check warns: signs on another ground",
        Customer("Salon Rita srl", "Sofie Adam", "Rita Adam", "fr", "salonrita.example"),
        another_ground,
    ),
    Case(
        "ownerleft",
        "Its owner left; a colleague has it now",
        Customer("Transport Willems nv", "Kris Willems", "Greet Willems", "nl", "transportwillems.example"),
        owner_left,
    ),
    Case(
        "domainandid.example",
        "Domain and tenant id were both given",
        Customer("Wood & Sons bv", "Emma Wood", "James Wood", "en", "woodsons.example"),
        domain_and_id,
    ),
    Case(
        "serviceoff",
        "Its partner may send nothing new",
        Customer("Bistro De Kaai bv", "Lars Kaai", "Fien Kaai", "nl", "dekaai.example", partner="havenlicht.example"),
        service_off,
    ),
)
