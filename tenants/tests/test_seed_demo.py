"""The demo: each status and predicament is there, the same on every machine, and is found where it is said to be."""

import hashlib
import io
import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from contacts.models import Company, Contact, Group, Invitation, Membership, User
from notifications.models import OutgoingEmail
from portal.stack.install import ROOT
from tenants import access, announcements, directory, keepers, named, transitions, working_days
from tenants.agreements import documents
from tenants.demo import LOGINS, PASSWORD, SIGHTS, Sight
from tenants.demo.ended import a_page
from tenants.demo.filing import Case
from tenants.demo.requests import CASES
from tenants.models import Agreement, Check, Notice, Status, TenantRequest, WaitsFor
from tenants.models import Invitation as MicrosoftInvitation
from tenants.review import queue

pytestmark = pytest.mark.django_db
State = OutgoingEmail.State


@pytest.fixture(scope="module")
def demo(django_db_setup: None, django_db_blocker: Any) -> Iterator[str]:
    """The demo, written once for all of these tests; what the command said."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield seed()
        transaction.set_rollback(True)


def seed(**options: Any) -> str:
    said = io.StringIO()
    call_command("seed_demo", stdout=said, **options)
    return said.getvalue().strip()


def of(case: Case) -> TenantRequest:
    """The newest request of a case."""
    rows = TenantRequest.objects.select_related("company", "partner", "owner", "assignee")
    return rows.filter(wanted__startswith=case.wanted, company=case.company).latest("pk")


def did(found: TenantRequest, verb: str) -> bool:
    return found.history.filter(verb=verb).exists()


def check(found: TenantRequest, kind: str) -> Check:
    return found.checks.get(kind=kind)


def mails(found: TenantRequest, **said: Any) -> list[OutgoingEmail]:
    return list(OutgoingEmail.objects.filter(about=announcements.about(found), **said))


def technical(found: TenantRequest) -> dict[str, Any]:
    person: dict[str, Any] = found.submissions.latest("version").data["contacts"]["technical"]
    return person


def outdated(found: TenantRequest) -> bool:
    return bool(named.outdated(found, found.submissions.latest("version").data))


def agreement(found: TenantRequest) -> Agreement | None:
    return found.submissions.latest("version").agreement


def days_held(found: TenantRequest) -> int:
    assert found.held_since is not None
    return (timezone.now() - found.held_since).days


PREDICAMENTS: dict[str, Callable[[TenantRequest], bool]] = {
    # Being checked
    "justsent": lambda r: r.status == Status.TO_VALIDATE and r.assignee is None and not queue.is_late(r),
    "takenbykim": lambda r: r.status == Status.TO_VALIDATE and str(r.assignee) == "Kim Janssens",
    "targetmissed": lambda r: r.status == Status.TO_VALIDATE and queue.is_late(r),
    "answercame": lambda r: r.status == Status.TO_VALIDATE and r.version == 2 and did(r, "use_suggestions"),
    "objectionopen": lambda r: r.objections.filter(settled_at=None).exists(),
    "objectionsettled": lambda r: r.objections.exclude(settled_at=None).exists(),
    "notinservicenow": lambda r: check(r, "directory").result == "problem" and bool(check(r, "directory").case_number),
    "checkoverridden": lambda r: check(r, "directory").overridden_at is not None,
    "personcorrected": lambda r: did(r, "correct_person") and any(mails(r, state=State.WITHHELD)),
    "contactarchived": lambda r: outdated(r) and check(r, "people").result == "problem",
    "wantedbytwo": lambda r: TenantRequest.objects.filter(name_key=r.name_key).exclude(partner=r.partner).exists(),
    "reopened": lambda r: r.status == Status.TO_VALIDATE and did(r, "reopen"),
    "hitchreported": lambda r: r.status == Status.TO_VALIDATE and did(r, "fail"),
    "validatoraway": lambda r: r.assignee is not None and keepers.is_free(r),
    "directorywasstale": lambda r: check(r, "directory").result == "unknown",
    "mailcameback": lambda r: bool(mails(r, state=State.BOUNCED)) and bool(mails(r, template="mail_lost")),
    "anotherground": lambda r: check(r, "authority").result == "warning",
    "ownerleft": lambda r: did(r, "change_owner") and str(r.owner) == "Carol Baert",
    "domainandid.example": lambda r: check(r, "agreeing").result == "unknown",
    "serviceoff": lambda r: r.is_open and not r.partner.tenant_configuration,
    # With the partner
    "draftbegun": lambda r: r.status == Status.DRAFT and r.version == 0,
    "draftcomplete": lambda r: r.status == Status.DRAFT and str(r.changed_by) == "Carol Baert",
    "draftuntouched": lambda r: r.changed_at < timezone.now() - timedelta(days=166),
    "draftcopied": lambda r: r.status == Status.DRAFT and did(r, "copy"),
    "suggestionopen": lambda r: r.status == Status.CHANGES_REQUESTED and r.remarks.exclude(suggestion="").count() == 2,
    "almostwithdrawn": lambda r: r.status == Status.CHANGES_REQUESTED and 23 <= days_held(r) < 30,
    "takenback": lambda r: r.status == Status.CHANGES_REQUESTED and did(r, "name_another"),
    "nolongerknows": lambda r: r.status == Status.CHANGES_REQUESTED and r.company.relation == Company.Relation.VAP,
    # Being set up
    "beingsetup": lambda r: r.status == Status.REGISTERING and r.waits_for == WaitsFor.ARXUS and not r.started_at,
    "waitsformicrosoft": lambda r: r.status == Status.REGISTERING and r.waits_for == WaitsFor.MICROSOFT,
    "administratorinvited.example": lambda r: r.waits_for == WaitsFor.CUSTOMER and r.invitations.get().reminders == 0,
    "administratorsilent.example": lambda r: r.waits_for == WaitsFor.CUSTOMER and r.invitations.get().reminders == 2,
    "invitationtoforward.example": lambda r: r.waits_for == WaitsFor.CUSTOMER and r.invitations.get().forwarded,
    "stopasked": lambda r: r.status == Status.REGISTERING and r.stop_asked_at is not None,
    # Ended
    "tenantready": lambda r: r.status == Status.REGISTERED and bool(mails(r, template="credentials", state="waiting")),
    "linkunused": lambda r: access.waiting_for(r) is not None and did(r, "not_activated"),
    "loggedin": lambda r: User.objects.get(email=technical(r)["email"]).check_password(PASSWORD),
    "contactschanged": lambda r: r.status == Status.REGISTERED and did(r, "change_contacts"),
    "contactgone": lambda r: r.status == Status.REGISTERED and outdated(r),
    "registrationcorrected": lambda r: r.status == Status.REGISTERED and did(r, "correct_registration"),
    "agreementuploaded": lambda r: (kept := agreement(r)) is not None and kept.uploaded,
    "agreementstated": lambda r: (kept := agreement(r)) is not None and not kept.uploaded,
    "notaccepted": lambda r: r.status == Status.REJECTED and bool(mails(r, template="ended", state="waiting")),
    "withdrawn": lambda r: r.status == Status.WITHDRAWN and r.history.filter(verb="withdraw").get().by is not None,
    "lapsed": lambda r: r.status == Status.WITHDRAWN and r.history.filter(verb="withdraw").get().by is None,
    "cancelled": lambda r: r.status == Status.WITHDRAWN and did(r, "cancel"),
}


def test_every_case_of_the_demo_has_a_predicament() -> None:
    assert {case.wanted for case in CASES} == PREDICAMENTS.keys()


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.wanted} at {case.partner}")
def test_a_predicament_is_shown(demo: str, case: Case) -> None:
    found = of(case)

    assert PREDICAMENTS[case.wanted](found)
    assert found.answers["message"]["reference"] == case.says


def test_only_the_link_that_is_said_to_be_unused_is_reminded_of(demo: str) -> None:
    reminded = TenantRequest.objects.filter(history__verb__in=["fresh_link", "not_activated"])

    assert [row.wanted for row in reminded] == ["linkunused.onmicrosoft.com"]


def test_only_the_request_that_is_said_to_be_late_is(demo: str) -> None:
    assert [row.wanted for row in TenantRequest.objects.all() if queue.is_late(row)] == ["targetmissed"]


@pytest.mark.parametrize("status", Status)
def test_every_status_is_shown(demo: str, status: Status) -> None:
    assert TenantRequest.objects.filter(status=status).exists()


NORDWAVE = {"company__email_domains": ["nordwave.example"]}
PEOPLE: dict[str, Callable[[], bool]] = {
    **{
        f"a member with {group}": lambda group=group: Membership.objects.filter(groups=[group]).exists()  # type: ignore[misc]
        for group in Group
    },
    "a colleague without a group": lambda: Membership.objects.filter(groups=[], **NORDWAVE).exists(),
    "a colleague who may not log in": lambda: Membership.objects.filter(user__is_active=False, **NORDWAVE).exists(),
    "somebody who left": lambda: not User.objects.get(email="rik@nordwave.example").memberships.exists(),
    "a pending invitation": lambda: Invitation.objects.open().filter(**NORDWAVE).exists(),
    "an invitation that is over": lambda: Invitation.objects.pending().filter(expires_at__lt=timezone.now()).exists(),
    "a customer's own user": lambda: Membership.objects.filter(company__kind=Company.Kind.CUSTOMER).exists(),
    "a validator who is away": lambda: User.objects.filter(away_until__gt=working_days.today()).exists(),
    "a success manager": lambda: Company.objects.exclude(success_manager=None).exists(),
    "a partner that is switched off": lambda: Company.objects.filter(
        kind=Company.Kind.PARTNER, tenant_configuration=False
    ).exists(),
    "an archived contact": lambda: Contact.objects.exclude(archived_at=None).exists(),
    "an agreement that is over": lambda: Agreement.objects.filter(ends_on__lt=working_days.today()).exists(),
    "a customer that its partner is asked about": lambda: Company.objects.filter(
        relation_changes__done_at=None, relation_changes__isnull=False
    ).exists(),
}


@pytest.mark.parametrize("who", PEOPLE)
def test_a_person_or_company_is_shown(demo: str, who: str) -> None:
    assert PEOPLE[who]()


@pytest.mark.parametrize("state", ["user", "not_a_user", "locked", "inactive", "ambiguous"])
def test_every_answer_of_the_directory_is_shown(demo: str, state: str) -> None:
    emails = Contact.objects.filter(roles__contains=["technical"]).values_list("email", flat=True)

    assert any(directory.look_up(email).state == state for email in emails)


@pytest.mark.parametrize("language", ["nl", "fr", "en"])
def test_the_mailbox_fills_in_every_language(demo: str, language: str) -> None:
    waiting = OutgoingEmail.objects.filter(state=State.WAITING, language=language)

    assert {"confirmation", "approved", "changes_requested"} & set(waiting.values_list("template", flat=True))


def test_nobody_of_the_demo_has_an_address_that_could_exist(demo: str) -> None:
    emails = [*OutgoingEmail.objects.values_list("to_email", flat=True), *User.objects.values_list("email", flat=True)]
    emails += Contact.objects.values_list("email", flat=True)

    assert [email for email in emails if not email.endswith(".example")] == []


def test_the_signed_pdf_passes_as_an_upload() -> None:
    judged = documents.judge(SimpleUploadedFile("overeenkomst.pdf", a_page(), "application/pdf"))

    assert judged.content == a_page()


# Where it is seen


@pytest.mark.parametrize("sight", SIGHTS, ids=lambda sight: sight.see)
def test_what_is_to_be_seen_is_there(demo: str, sight: Sight, settings: Any) -> None:
    browser = Client()
    browser.force_login(User.objects.get(email=sight.login))

    page = browser.get(sight.path)

    assert page.status_code == 200
    wanted = sight.path.partition("q=")[2]
    case = next((case for case in CASES if wanted and case.wanted.startswith(wanted)), None)
    assert case is None or case.company.legal_name.replace("&", "&amp;") in page.content.decode()


def test_readme_shows_the_table_that_bin_up_prints() -> None:
    readme = (ROOT / "README.md").read_text()

    lines = [f"| {sight.see} | {sight.first_name} | `{sight.path}` |" for sight in SIGHTS]
    assert [line for line in lines if line not in readme] == []


@pytest.mark.parametrize("login", LOGINS, ids=lambda login: login.email)
def test_everybody_of_the_demo_has_its_password(demo: str, login: Any) -> None:
    user = User.objects.get(email=login.email)

    assert (user.check_password(PASSWORD), str(user)) == (True, f"{login.first_name} {login.last_name}")


# Written once, and the same for everybody


def digest() -> str:
    """Of everything that a reader of lists and histories would notice; days count from today."""
    now = timezone.now()
    said: list[Any] = []
    for row in TenantRequest.objects.select_related("company", "owner", "assignee").order_by("number"):
        said.append([row.number[6:], str(row.public_id), row.status, row.wanted, row.version, str(row.company)])
        said.append([str(row.owner), str(row.assignee), row.waits_for, (now - row.changed_at).days])
        lines = row.history.order_by("at", "pk").select_related("by")
        said.append([[line.verb, str(line.by), line.comment, (now - line.at).days] for line in lines])
        sent = OutgoingEmail.objects.filter(about=announcements.about(row))
        said.append(sorted([mail.template, mail.to_email, mail.language, mail.state] for mail in sent))
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()


def test_the_demo_is_the_same_whenever_it_is_written(demo: str) -> None:
    with transaction.atomic():
        seed(requests=20)
        first = digest()
        transaction.set_rollback(True)
    with transaction.atomic():
        seed(requests=12)
        seed(requests=20)
        grown = digest()
        transaction.set_rollback(True)

    assert first == grown


def counts() -> list[int]:
    everything = (Company, Contact, Membership, User, Invitation, TenantRequest, OutgoingEmail, Agreement, Notice)
    return [model.objects.count() for model in (*everything, MicrosoftInvitation)]


def test_written_again_the_demo_stays_as_it_is_and_says_so(demo: str) -> None:
    before, told = counts(), digest()

    said = seed()

    assert (counts(), digest()) == (before, told)
    assert said == "The demo is there already: nothing was changed."
    assert demo == f"The demo has {len(CASES)} more requests."


def test_written_anew_the_demo_is_the_same(demo: str, django_db_blocker: Any) -> None:
    first = digest()

    with transaction.atomic():
        _forget_everything()
        seed()
        again = digest()
        transaction.set_rollback(True)

    assert again == first


def _forget_everything() -> None:
    """All that the demo wrote, as an empty database has it."""
    kept = ("django_migrations", "django_content_type", "auth_permission", "auth_group", "auth_group_permissions")
    tables = [m._meta.db_table for m in apps.get_models(include_auto_created=True) if m._meta.managed]
    names = ", ".join(f'"{name}"' for name in tables if name not in kept)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(f"TRUNCATE {names} CASCADE")


def test_a_real_portal_refuses_the_demo(demo: str, settings: Any) -> None:
    settings.DEMO = False

    with pytest.raises(CommandError, match="DEMO is off"):
        call_command("seed_demo")


def test_no_mail_of_the_many_is_waiting(demo: str) -> None:
    before = OutgoingEmail.objects.count()

    with transaction.atomic():
        seed(requests=3)
        after = OutgoingEmail.objects.count()
        transaction.set_rollback(True)

    assert after == before


def test_what_partners_may_do_with_the_demo_is_asked_of_the_same_rules(demo: str) -> None:
    """Nothing was written by hand: each request stands where its own history led it."""
    for row in TenantRequest.objects.all():
        last = row.history.exclude(from_status="").order_by("-at", "-pk").first()
        assert last is not None
        assert last.to_status == row.status
        moved = [line.verb for line in row.history.all() if line.from_status != line.to_status]
        assert all(verb in list(transitions.Verb) for verb in moved)
