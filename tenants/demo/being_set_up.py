"""Requests of the demo that are being registered, by whom they wait for."""

from contacts.models import Company
from tenants import stopping, waiting
from tenants.demo import filing
from tenants.demo.filing import Case, Customer, Scene
from tenants.demo.passing import let_pass
from tenants.models import Kind, TenantRequest, WaitsFor

INVITATION = (
    "https://admin.microsoft.com/Adminportal/Home?invType=ResellerRelationship&partnerId=1d2c9a3e-0000-4000-8000-"
    "0000a4c00e00&msppId=0&DAP=false#/BillingAccounts/partner-invitation"
)


def being_set_up(scene: Scene, case: Case) -> None:
    filing.approved(let_pass(filing.sent(case, scene.alice), 1), scene.sam)


def waits_for_microsoft(scene: Scene, case: Case) -> None:
    found = let_pass(filing.started(let_pass(filing.sent(case, scene.alice), 1), scene.sam), 1)
    waiting.wait_for(found, by=scene.sam, version=1, whom=WaitsFor.MICROSOFT)


def _invite(scene: Scene, found: TenantRequest) -> TenantRequest:
    found = let_pass(filing.approved(let_pass(found, 1), scene.sam), 1)
    return waiting.wait_for(found, by=scene.sam, version=1, whom=WaitsFor.CUSTOMER, link=INVITATION)


def administrator_invited(scene: Scene, case: Case) -> None:
    _invite(scene, filing.sent(case, scene.alice, Kind.ONBOARD))


def administrator_silent(scene: Scene, case: Case) -> None:
    let_pass(_invite(scene, filing.sent(case, scene.alice, Kind.ONBOARD)), 8)


def to_forward(scene: Scene, case: Case) -> None:
    _invite(scene, filing.sent(case, scene.vera, Kind.ONBOARD, filing.with_agreement()))


def stop_asked(scene: Scene, case: Case) -> None:
    found = let_pass(filing.started(let_pass(filing.sent(case, scene.alice), 1), scene.sam), 0.2)
    stopping.ask(found, by=scene.alice, text="The customer has merged: it takes the tenant of its new owner.")


CASES = (
    Case(
        "beingsetup",
        "Approved, Arxus sets it up",
        Customer("Maes & Vrancken bv", "Jan Wouters", "Els Maes", "nl", "maesvrancken.example", "BE0428759497"),
        being_set_up,
    ),
    Case(
        "waitsformicrosoft",
        "Waits for Microsoft",
        Customer("Northgate Trading nv", "Oscar North", "Kate Miller", "en", "northgate.example"),
        waits_for_microsoft,
    ),
    Case(
        "administratorinvited.example",
        "Waits for the customer’s administrator",
        Customer("Kwekerij De Linde bv", "Bart Linde", "Ria Claes", "nl", "kwekerijdelinde.example", "BE0456790717"),
        administrator_invited,
    ),
    Case(
        "administratorsilent.example",
        "The administrator does not accept, after two reminders",
        Customer("Étude Marchal srl", "Lucie Marchal", "Jean Marchal", "fr", "etudemarchal.example"),
        administrator_silent,
    ),
    Case(
        "invitationtoforward.example",
        "The partner forwards Microsoft’s invitation",
        Customer(
            "Atelier Zénobe srl",
            "",
            "",
            "fr",
            "zenobe.example",
            relation=Company.Relation.VAP,
            partner="valora.example",
        ),
        to_forward,
    ),
    Case(
        "stopasked",
        "The partner has asked Arxus to stop",
        Customer("Feestzaal Zonneweelde bv", "Kobe Zon", "Hilde Zon", "nl", "zonneweelde.example"),
        stop_asked,
    ),
)
