"""Requests of the demo that their partner has: drafts, and what Arxus sent back."""

from tenants import drafts, relation, workflow
from tenants.demo import filing
from tenants.demo.being_checked import BAKERY
from tenants.demo.filing import Case, Customer, Scene
from tenants.demo.passing import let_pass
from tenants.models import Remark


def draft_begun(scene: Scene, case: Case) -> None:
    found = filing.name_it(drafts.start(case.company, by=scene.alice), case)
    drafts.keep_step(found, "tenant", {"tenant_name": case.wanted}, by=scene.alice)
    drafts.keep_step(found, "message", {"reference": case.says}, by=scene.alice)


def draft_complete(scene: Scene, case: Case) -> None:
    """Carol has filled it in."""
    let_pass(filing.draft(case, scene.carol), 2)


def draft_untouched(scene: Scene, case: Case) -> None:
    let_pass(filing.draft(case, scene.alice), 168)


def draft_copied(scene: Scene, case: Case) -> None:
    found = filing.taken(let_pass(filing.sent(case, scene.alice), 9), scene.sam)
    comment = "The customer asks to wait for its new name in the company register."
    ended = let_pass(workflow.reject(found, by=scene.sam, version=1, comment=comment), 6)
    filing.name_it(drafts.start_again(ended, by=scene.alice), case, again="/copy")


def suggestion_open(scene: Scene, case: Case) -> None:
    remarks = (
        Remark(
            field="tenant.tenant_name",
            text="Microsoft refused this name: it is too close to one that exists.",
            suggestion="suggestiontaken",
        ),
        Remark(
            field="contacts.authority_reference",
            text="Two digits are swapped: the document says 041.",
            suggestion="VM-2026-041",
        ),
    )
    found = let_pass(filing.sent(case, scene.alice), 2)
    filing.sent_back(found, scene.sam, *remarks, comment="Nearly there: two small things.")


def almost_withdrawn(scene: Scene, case: Case) -> None:
    found = let_pass(filing.sent(case, scene.alice), 2)
    remark = Remark(field="microsoft.primary_phone", text="We cannot reach anybody at this number.")
    let_pass(filing.sent_back(found, scene.sam, remark), 27)


def taken_back(scene: Scene, case: Case) -> None:
    found = filing.taken(let_pass(filing.sent(case, scene.alice), 2), scene.sam)
    workflow.name_another(found, by=scene.alice, place="technical")


def no_longer_knows(scene: Scene, case: Case) -> None:
    """Who was named at the customer has to make room for people of the partner."""
    let_pass(filing.sent(case, scene.alice), 2)
    company = case.company
    seen = relation.plan(company, company.email_domains, by=scene.kim).digest
    relation.no_longer_knows(company, company.email_domains, by=scene.kim, seen=seen)


CASES = (
    Case("draftbegun", "A draft, hardly begun", BAKERY, draft_begun),
    Case(
        "draftcomplete",
        "A draft with everything in it",
        Customer("Yoga Studio Lotus bv", "Amber Lotus", "Ella Lotus", "nl", "yogalotus.example"),
        draft_complete,
    ),
    Case(
        "draftuntouched",
        "A draft that nobody touches, soon deleted",
        Customer("Hoeve Ter Linden bv", "Jef Linden", "Rosa Linden", "nl", "hoeveterlinden.example"),
        draft_untouched,
    ),
    Case(
        "draftcopied",
        "Not accepted, and started again as a copy",
        Customer("Immo Fontaine srl", "Hugo Fontaine", "Elise Fontaine", "fr", "immofontaine.example"),
        draft_copied,
    ),
    Case(
        "suggestionopen",
        "Sent back with two suggestions",
        Customer("Pharmacie du Parc srl", "Chloé Lemaire", "Noël Lemaire", "fr", "pharmacieduparc.example"),
        suggestion_open,
    ),
    Case(
        "almostwithdrawn",
        "Not answered, withdrawn in a few days",
        Customer("Atelier Noord bv", "Daan Noord", "Femke Noord", "nl", "ateliernoord.example"),
        almost_withdrawn,
    ),
    Case(
        "takenback",
        "Taken back to name another person",
        Customer("Slagerij Mertens bv", "Wout Mertens", "Leen Mertens", "nl", "slagerijmertens.example"),
        taken_back,
    ),
    Case(
        "nolongerknows",
        "Its customer no longer knows Arxus",
        Customer("Galerie Blanche srl", "Zoé Blanche", "Marc Blanche", "fr", "galerieblanche.example"),
        no_longer_knows,
    ),
)
