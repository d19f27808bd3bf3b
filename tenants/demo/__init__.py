"""The people of the demo, as bin/up names them, and where each of its predicaments is seen; seed_demo makes them."""

from dataclasses import dataclass

# The demo runs on localhost only (portal/settings.py sees to it): its password is no secret.
PASSWORD = "four plain words here"  # noqa: S105


@dataclass(frozen=True)
class Login:
    email: str
    first_name: str
    last_name: str
    who: str


LOGINS = (
    Login("alice@nordwave.example", "Alice", "Peeters", "partner Nordwave IT, may do everything"),
    Login("carol@nordwave.example", "Carol", "Baert", "her colleague, requests tenants, reads Dutch"),
    Login("gert@nordwave.example", "Gert", "Somers", "her colleague, keeps customers and contacts"),
    Login("bob@nordwave.example", "Bob", "Claes", "her colleague, may only read"),
    Login("nina@nordwave.example", "Nina", "Smet", "her colleague, without a permission group"),
    Login("mallory@cloudhoek.example", "Mallory", "Maes", "rival partner Cloudhoek"),
    Login("vera@valora.example", "Vera", "Wouters", "Value Add Partner Valora"),
    Login("olga@havenlicht.example", "Olga", "Stevens", "partner Havenlicht, which may send nothing new"),
    Login("tom.dolen@terdolen.example", "Tom", "Dolen", "technical contact of a customer of Nordwave"),
    Login("sam@arxus.example", "Sam", "De Wolf", "Arxus, validates requests (admin)"),
    Login("kim@arxus.example", "Kim", "Janssens", "Arxus, leads the validators (admin)"),
)


@dataclass(frozen=True)
class Sight:
    """Where something is seen: who logs in, and what they open."""

    see: str
    login: str
    path: str

    @property
    def first_name(self) -> str:
        return next(login.first_name for login in LOGINS if login.email == self.login)


_LIST, _QUEUE = "/tenants/?status=all&q=", "/admin/tenants/tenantrequest/?q="
SIGHTS = (
    Sight("what waits for a partner", "alice@nordwave.example", "/"),
    Sight("suggestions to take over", "alice@nordwave.example", f"{_LIST}suggestionopen"),
    Sight("a request that is soon withdrawn", "alice@nordwave.example", f"{_LIST}almostwithdrawn"),
    Sight("a draft that is soon deleted", "alice@nordwave.example", f"{_LIST}draftuntouched"),
    Sight("an objection of a contact", "alice@nordwave.example", f"{_LIST}objectionopen"),
    Sight("an activation link that nobody uses", "alice@nordwave.example", f"{_LIST}linkunused"),
    Sight("a contact who has left", "alice@nordwave.example", f"{_LIST}contactgone"),
    Sight("a colleague who was invited", "alice@nordwave.example", "/colleagues/"),
    Sight("an invitation to forward", "vera@valora.example", f"{_LIST}invitationtoforward"),
    Sight("a partner that may send nothing new", "olga@havenlicht.example", f"{_LIST}serviceoff"),
    Sight("what a customer sees", "tom.dolen@terdolen.example", "/tenants/?status=all"),
    Sight("what waits for Arxus", "sam@arxus.example", "/admin/tenants/tenantrequest/"),
    Sight("a request that is late", "sam@arxus.example", f"{_QUEUE}targetmissed"),
    Sight("two partners who want one name", "sam@arxus.example", f"{_QUEUE}wantedbytwo"),
    Sight("an answer, with what changed", "sam@arxus.example", f"{_QUEUE}answercame"),
    Sight("a partner who asks to stop", "sam@arxus.example", f"{_QUEUE}stopasked"),
    Sight("a mail that came back", "sam@arxus.example", f"{_QUEUE}mailcameback"),
    Sight("a check that a lead overrode", "kim@arxus.example", f"{_QUEUE}checkoverridden"),
    Sight("a signed agreement", "kim@arxus.example", f"{_QUEUE}agreementuploaded"),
)
