"""The people and the request that the gallery's mails speak of: objects in memory, which no row stands behind."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone

from contacts.models import Company, User
from tenants import working_days
from tenants.models import Kind, Remark, Status, Tenant, TenantRequest

NUMBER, EXISTING_NUMBER = "TR-26-7K4MQ", "TR-26-9D2XW"
_ADDRESS = {"street": "Molenstraat 14", "postal_code": "9300", "town": "Aalst", "phone": "+3253000020"}
_PHONE = "+32470000044"
_SIGNS = {"first_name": "An", "last_name": "De Smet", "email": "an@bakkerijdesmet.example", "phone": "+3253000020"}


def _person(first_name: str, last_name: str, email: str, language: str, **more: Any) -> dict[str, Any]:
    """Somebody whom a request names."""
    known = {"phone": "+32470000021", "job_title": "", "company": "Bakkerij De Smet bv", "own": False, "ref": ""}
    return {"first_name": first_name, "last_name": last_name, "email": email, "language": language} | known | more


@dataclass
class Story:
    """Alice of Nordwave asks for Bakkerij De Smet, Sam of Arxus decides; everybody reads one language."""

    language: str
    at: datetime = field(default_factory=timezone.now)

    def __post_init__(self) -> None:
        nordwave = {"kind": Company.Kind.PARTNER, "legal_name": "Nordwave IT bv", "enterprise_number": "BE0403019261"}
        bakery = {"kind": Company.Kind.CUSTOMER, "legal_name": "Bakkerij De Smet bv", "relation": "reseller"}
        self.partner = Company(**nordwave, **_ADDRESS)
        self.customer = Company(**bakery, **_ADDRESS, enterprise_number="BE0404616494", partner=self.partner)
        self._people = 0
        self.alice = self._user("alice@nordwave.example", "Alice", "Peeters")
        self.bea = self._user("bea@nordwave.example", "Bea", "Smits")
        self.theo = self._user("theo.lambert@bakkerijdesmet.example", "Theo", "Lambert")
        self.sam = self._user("sam@arxus.example", "Sam", "De Wolf", is_staff=True)
        self.kim = self._user("kim@arxus.example", "Kim", "Janssens", is_staff=True)

    def _user(self, email: str, first_name: str, last_name: str, **more: Any) -> User:
        names = {"first_name": first_name, "last_name": last_name}
        self._people += 1
        # No row has such a key; with one, people can be told apart.
        return User(pk=-self._people, email=email, language=self.language, phone=_PHONE, **names, **more)

    @property
    def target(self) -> date:
        return working_days.add(working_days.today(self.at), 2)

    @property
    def answer_by(self) -> date:
        return working_days.on_or_after(working_days.today(self.at) + timedelta(days=30))

    def request(self, status: str = Status.TO_VALIDATE, kind: str = Kind.CREATE) -> TenantRequest:
        """Alice's request, in a status; Sam has it."""
        connects = kind == Kind.ONBOARD
        return TenantRequest(
            public_id=UUID("00000000-0000-4000-8000-00000000000" + ("2" if connects else "1")),
            number=EXISTING_NUMBER if connects else NUMBER,
            kind=kind,
            status=status,
            company=self.customer,
            partner=self.partner,
            owner=self.alice,
            created_by=self.alice,
            created_at=self.at,
            changed_at=self.at - timedelta(days=166 if status == Status.DRAFT else 2),
            held_since=self.at - timedelta(days=2),
            due_on=self.answer_by if status == Status.CHANGES_REQUESTED else self.target,
            free_from=self.at + timedelta(days=1),
            answers={"message": {"reference": "PO-11873"}},
            wanted="bakkerijdesmet.example" if connects else "bakkerijdesmet",
            version=1,
            assignee=self.sam,
        )

    def data(self, kind: str = Kind.CREATE) -> dict[str, Any]:
        """What Alice sent."""
        connects = kind == Kind.ONBOARD
        named = {f"{role}_{k}": value for role in ("primary", "signatory") for k, value in _SIGNS.items()}
        named["signatory_language"] = self.language
        if connects:
            named = {name: value for name, value in named.items() if name.startswith("signatory")}
        wanted = working_days.add(self.target, 10).isoformat()
        return {
            "customer": self._customer(),
            "contacts": self._contacts(),
            "microsoft": named,
            "message": {"reference": "PO-11873", "wanted_by": wanted, "message": ""},
            **({"existing": self._existing()} if connects else {"tenant": self._tenant()}),
        }

    def _customer(self) -> dict[str, Any]:
        names = ("legal_name", "enterprise_number", "street", "postal_code", "town", "relation")
        more = {"box": "", "country": "BE", "industry": "retail", "microsoft_language": "nl", "email_domains": []}
        return {name: getattr(self.customer, name) for name in names} | {"phone": _ADDRESS["phone"]} | more

    def _contacts(self) -> dict[str, Any]:
        return {
            "technical": self.technical,
            "commercial": _person("An", "De Smet", _SIGNS["email"], self.language, job_title="managing director"),
            "dpo": _person("Kris", "Baert", "kris@bakkerijdesmet.example", self.language),
            "watchlist": None,
            "security": None,
            "roles": ["technical", "commercial", "dpo"],
            "authority": "mandate",
            "authority_reference": "VM-2026-014",
            "authority_date": "2026-09-02",
        }

    @property
    def technical(self) -> dict[str, Any]:
        return _person("Theo", "Lambert", self.theo.email, self.language, job_title="IT manager")

    @property
    def administrator(self) -> dict[str, Any]:
        """The Global Administrator of the tenant that exists."""
        return _person("Greta", "Vos", "greta@bakkerijdesmet.example", self.language)

    def _tenant(self) -> dict[str, Any]:
        login = {"login_name": "Theo Lambert", "login_email": self.theo.email, "login_phone": "+32470000021"}
        chosen = {"delegated": "yes", "special_status": "charity"}
        return {"tenant_name": "bakkerijdesmet", "second_choice": "desmetaalst"} | login | chosen

    def _existing(self) -> dict[str, Any]:
        greta = {f"admin_{name}": self.administrator[name] for name in ("first_name", "last_name", "email", "language")}
        chosen = {"supplier": "another", "move_subscriptions": "yes"}
        return {"domain": "bakkerijdesmet.example", "tenant_id": None} | greta | chosen

    def earlier(self) -> dict[str, Any]:
        """What was sent the time before: another technical contact, another name."""
        data = self.data()
        tom = _person("Tom", "Wauters", "tom@bakkerijdesmet.example", self.language, job_title="IT manager")
        data["contacts"] |= {"technical": tom}
        data["tenant"] |= {"tenant_name": "desmet"}
        return data

    def remarks(self) -> list[Remark]:
        """What Sam asks to be changed; typed, so it stays as it is in every language (R41)."""
        name = Remark(field="tenant.tenant_name", text="Too close to a name that exists.", suggestion="desmetaalst")
        return [name, Remark(field="contacts.authority_reference", text="Two digits are swapped.")]

    def tenant(self) -> Tenant:
        return Tenant(
            company=self.customer,
            tenant_id=UUID("3f9a1c52-0000-4000-8000-0000b7d04e00"),
            domain="bakkerijdesmet.onmicrosoft.com",
            agreement=Tenant.MicrosoftAgreement.PENDING,
        )
