"""Companies and people of the demo: partners, colleagues with every permission group, staff, those who were invited."""

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group as AuthGroup

from contacts import inviting, relation
from contacts.models import Company, Group, Invitation, Membership, User, sort_key
from tenants.demo import LOGINS, PASSWORD, Login, filing
from tenants.demo.filing import Customer, Scene
from tenants.demo.passing import let_pass_for_invitation
from tenants.staff import LEADS, VALIDATORS

PARTNERS = {
    "nordwave.example": ("Nordwave IT bv", "BE0403019261"),
    "cloudhoek.example": ("Cloudhoek bv", "BE0400378485"),
    "valora.example": ("Valora nv", "BE0202239951"),
    "havenlicht.example": ("Havenlicht ICT bv", "BE0470215517"),
}
# Who has no login of their own in the demo: somebody who left, somebody who may not log in, somebody who is away.
RIK = Login("rik@nordwave.example", "Rik", "Dewaele", "")
DORA = Login("dora@nordwave.example", "Dora", "Maas", "")
LOTTE = Login("lotte@arxus.example", "Lotte", "Vermeulen", "")
_GROUPS = {
    "bob@nordwave.example": [Group.READ_ONLY],
    "carol@nordwave.example": [Group.TENANTS],
    "rik@nordwave.example": [Group.TENANTS],
    "gert@nordwave.example": [Group.CUSTOMERS],
    "nina@nordwave.example": [],
}
_LANGUAGES = {"carol@nordwave.example": "nl", "olga@havenlicht.example": "fr"}


def make_people() -> Scene:
    """Write them down, each once; says who acts in the requests."""
    partners = {domain: _partner(name, number, domain) for domain, (name, number) in PARTNERS.items()}
    # One hash for all: making one takes its time, by intent.
    hashed = make_password(PASSWORD)
    people = {login.first_name: _person(login, partners, hashed) for login in (*LOGINS, RIK, DORA, LOTTE)}
    User.objects.filter(email=DORA.email).update(is_active=False)
    nordwave = partners["nordwave.example"]
    nordwave.success_manager = people["Kim"]
    nordwave.save(update_fields=["success_manager"])
    for name, role, job in (("Victor Maas", "technical", "IT manager"), ("Eva Roels", "commercial", "director")):
        filing.make_contact(partners["valora.example"], name, roles=[role], job_title=job, language="en")
    acting = ("Alice", "Carol", "Rik", "Vera", "Mallory", "Olga", "Sam", "Kim", "Lotte")
    return Scene(**{name.lower(): found for name in acting if (found := people[name])})


def invite_some(alice: User) -> None:
    """One invitation that can be accepted, and one whose time is over."""
    nordwave = alice.memberships.get().company
    if Invitation.objects.filter(company=nordwave).exists():
        return
    inviting.invite(
        nordwave,
        by=alice,
        email="femke@nordwave.example",
        first_name="Femke",
        last_name="Jacobs",
        language="nl",
        groups=[Group.TENANTS],
    )
    over = inviting.invite(
        nordwave,
        by=alice,
        email="igor@nordwave.example",
        first_name="Igor",
        last_name="Lens",
        language="fr",
        groups=[Group.READ_ONLY],
    )
    let_pass_for_invitation(over, days=9)


STUDIO = Customer("Studio Élan bv", "", "", "fr", "studioelan.example", "BE0451406524", Company.Relation.VAP)
SCHOOL = Customer("Taalschool Babel bv", "", "", "nl", "taalschoolbabel.example", relation=Company.Relation.VAP)


def make_bystanders(kim: User) -> None:
    """Customers without a request – of one the partner is asked whether it knows Arxus –, and contacts of whom the
    directory says no good."""
    valora = Company.objects.get(partner=None, email_domains=["valora.example"])
    filing.make_customer(STUDIO, valora)
    school, made = filing.make_customer(SCHOOL, valora)
    if made:
        relation.prepare(school, by=kim)
    nordwave = Company.objects.get(partner=None, email_domains=["nordwave.example"])
    for name in ("Ines Inactive", "Tobias Twice"):
        filing.make_contact(nordwave, name, roles=["technical"], job_title="engineer")


def _partner(name: str, number: str, domain: str) -> Company:
    company, _made = Company.objects.get_or_create(
        partner=None,
        enterprise_number=number,
        defaults={
            "kind": Company.Kind.PARTNER,
            "legal_name": name,
            "sort_name": sort_key(name),
            "street": "Molenstraat 14",
            "postal_code": "9300",
            "town": "Aalst",
            "phone": "+3253000020",
            "industry": "ict",
            "microsoft_language": "nl",
            "email_domains": [domain],
            "tenant_configuration": True,
        },
    )
    return company


def _person(login: Login, partners: dict[str, Company], hashed: str) -> User | None:
    """The account; None for who gets theirs when a tenant is registered."""
    domain = login.email.partition("@")[2]
    is_staff = domain == "arxus.example"
    if not is_staff and domain not in partners:
        return None
    user, made = User.objects.get_or_create(
        email=login.email,
        defaults={
            "first_name": login.first_name,
            "last_name": login.last_name,
            "phone": "+32470000044",
            "job_title": "" if is_staff else "account manager",
            "language": _LANGUAGES.get(login.email, "en"),
            "is_staff": is_staff,
            "password": hashed,
        },
    )
    if made and is_staff:
        user.groups.add(AuthGroup.objects.get(name=LEADS if login.first_name == "Kim" else VALIDATORS))
    elif made:
        groups = _GROUPS.get(login.email, [Group.FULL])
        Membership.objects.create(user=user, company=partners[domain], groups=groups)
    return user
