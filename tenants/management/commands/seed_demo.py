"""Writes the demo's data: partners, people, customers, contacts. Running it again changes nothing."""

from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group as AuthGroup
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from contacts.models import Company, Contact, Group, Membership, User, sort_key
from tenants.demo import LOGINS, PASSWORD, Login
from tenants.demo.many import make_many
from tenants.demo.requests import make_requests
from tenants.demo.stock import make_stock_remarks
from tenants.staff import LEADS, VALIDATORS

PARTNERS = {
    "nordwave.example": ("Nordwave IT bv", "BE0403019261"),
    "cloudhoek.example": ("Cloudhoek bv", "BE0400378485"),
    "valora.example": ("Valora nv", "BE0202239951"),
}
CUSTOMERS = (
    ("nordwave.example", "Bakkerij De Smet bv", "BE0404616494", "bakkerijdesmet.example", Company.Relation.RESELLER),
    ("nordwave.example", "Garage Lambrecht nv", "BE0417497106", "garagelambrecht.example", Company.Relation.RESELLER),
    ("valora.example", "Studio Élan bv", "BE0451406524", "studioelan.example", Company.Relation.VAP),
)
CONTACTS = (
    ("BE0404616494", "Theo", "Lambert", "theo.lambert@bakkerijdesmet.example", "nl", "IT manager", "technical"),
    ("BE0404616494", "An", "De Smet", "an@bakkerijdesmet.example", "fr", "managing director", "commercial"),
)


class Command(BaseCommand):
    help = "Write the demo's data; only where DEMO is on."

    def add_arguments(self, parser: CommandParser) -> None:
        said = "bring the further requests up to this number, some thousands at most; the same ones on every machine"
        parser.add_argument("--requests", type=int, default=0, metavar="N", help=said)

    def handle(self, *_args: Any, requests: int, **_options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("DEMO is off: these people and their password belong on no real portal.")
        self._people()
        alice, sam = (User.objects.get(email=f"{name}.example") for name in ("alice@nordwave", "sam@arxus"))
        make_many(requests, alice.memberships.get().company, alice, sam)

    @transaction.atomic
    def _people(self) -> None:
        partners = {domain: _company(name, number, [domain]) for domain, (name, number) in PARTNERS.items()}
        for domain, name, number, own_domain, relation in CUSTOMERS:
            _company(name, number, [own_domain], partner=partners[domain], relation=relation)
        for login in LOGINS:
            _person(login, partners)
        for number, first, last, email, language, job, role in CONTACTS:
            company = Company.objects.get(enterprise_number=number, partner=partners["nordwave.example"])
            _contact(company, first, last, email, language=language, job_title=job, roles=[role])
        make_stock_remarks()
        make_requests(User.objects.get(email="alice@nordwave.example"), User.objects.get(email="sam@arxus.example"))


def _company(name: str, number: str, domains: list[str], partner: Company | None = None, relation: str = "") -> Company:
    company, _ = Company.objects.get_or_create(
        partner=partner,
        enterprise_number=number,
        defaults={
            "kind": Company.Kind.CUSTOMER if partner else Company.Kind.PARTNER,
            "relation": relation,
            "legal_name": name,
            "sort_name": sort_key(name),
            "street": "Molenstraat 14",
            "postal_code": "9300",
            "town": "Aalst",
            "phone": "+3253000020",
            "industry": "ict" if partner is None else "retail",
            "microsoft_language": "nl",
            "email_domains": domains,
            "tenant_configuration": partner is None,
        },
    )
    return company


def _person(login: Login, partners: dict[str, Company]) -> None:
    if User.objects.filter(email=login.email).exists():
        return
    domain = login.email.partition("@")[2]
    names = {"first_name": login.first_name, "last_name": login.last_name, "phone": "+32470000044"}
    user = User.objects.create_user(login.email, PASSWORD, is_staff=domain not in partners, **names)
    if user.is_staff:
        user.groups.add(AuthGroup.objects.get(name=LEADS if login.first_name == "Kim" else VALIDATORS))
    else:
        group = Group.READ_ONLY if login.first_name == "Bob" else Group.FULL
        Membership.objects.create(user=user, company=partners[domain], groups=[group])


def _contact(company: Company, first_name: str, last_name: str, email: str, **fields: object) -> None:
    Contact.objects.get_or_create(
        company=company,
        email=email,
        defaults={
            "first_name": first_name,
            "last_name": last_name,
            "sort_name": sort_key(f"{last_name} {first_name}"),
            "phone": "+3253000021",
            **fields,
        },
    )
