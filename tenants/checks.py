"""The automatic checks of a request: a function and a row each. Run when sent, inside approving, and on demand."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts import numbers, people
from contacts.models import User
from tenants import directory, history, named, sending, statements, working_days
from tenants.models import Check, Submission, TenantRequest
from tenants.models import Kind as RequestKind
from tenants.questions import TENANT_NAME
from tenants.steps import Answers

Result = Check.Result


@dataclass(frozen=True)
class Finding:
    """What a check found; `about` is what was looked at: when it changes, an override is void."""

    result: Result
    sentence: str
    about: Any
    source: str = ""


def completeness(tenant_request: TenantRequest, sent: Submission) -> Finding:
    missing = Answers(tenant_request, sent.sent_by, working_days.today(sent.sent_at)).missing
    # The customer's details and the contacts count as they were sent, whatever is edited later (R25); of a contact who
    # is no longer so, contacts_as_sent() speaks.
    missing = [item for item in missing if item.step.slug not in ("customer", "contacts")]
    if not missing:
        return Finding(Result.PASSED, _("All required fields are there."), [])
    first = missing[0]
    said = f"{first.label}: {first.sentence}" if first.label else first.sentence
    return Finding(Result.PROBLEM, said, [[m.step.slug, m.field, m.sentence] for m in missing])


def vat(tenant_request: TenantRequest, sent: Submission) -> Finding:
    country, number = sent.data["customer"]["country"], sent.data["customer"]["enterprise_number"]
    try:
        numbers.normalise_enterprise_number(country, number)
    except ValidationError as error:
        return Finding(Result.PROBLEM, error.messages[0], [country, number], _("check digits"))
    return Finding(Result.PASSED, _("The check digits are right."), [country, number], _("check digits"))


def addresses(tenant_request: TenantRequest, sent: Submission) -> Finding:
    public = [email for email in sent.emails if people.is_public_mailbox(email)]
    if public:
        sentence = _("At a public mailbox provider: %(addresses)s.") % {"addresses": ", ".join(public)}
        return Finding(Result.WARNING, sentence, sent.emails)
    return Finding(Result.PASSED, _("No address is at a public mailbox provider."), sent.emails)


def authority(tenant_request: TenantRequest, sent: Submission) -> Finding:
    partner, customer = str(tenant_request.partner), sent.data["customer"]["legal_name"]
    asked = statements.applying(sent.data, partner=partner, customer=customer, by=sent.sent_by)
    agreement = sent.agreement
    over = agreement.why_over(working_days.today()) if agreement else ""
    about = [[a.kind, a.subject] for a in asked] + [sent.agreement_id, bool(over) if agreement else None]
    if lacking := statements.still_to_accept(tenant_request, asked, sent.sent_by):
        sentence = _("Not stated by the sender: “%(text)s”") % {"text": lacking[0].text}
        return Finding(Result.PROBLEM, sentence, about)
    if any(a.needs_agreement for a in asked):
        if agreement is None:
            return Finding(Result.PROBLEM, _("There is no signed agreement with the customer."), about)
        if over:
            return Finding(Result.PROBLEM, over, about)
    ground = sent.data["contacts"]["authority"]
    if ground == "other":
        return Finding(Result.WARNING, _("Signs on another ground: %(why)s") % _why(sent), about)
    return Finding(Result.PASSED, _("Everything was stated; the ground of authority is given."), about)


def _why(sent: Submission) -> dict[str, str]:
    return {"why": sent.data["contacts"]["authority_reference"]}


def contacts_as_sent(tenant_request: TenantRequest, sent: Submission) -> Finding:
    """R26: a contact who was archived or changed since is corrected by the partner, before anything is decided."""
    found = named.outdated(tenant_request, sent.data)
    about = [[one.place.slug, one.sentence] for one in found]
    if found:
        sentence = _("%(found)s The partner corrects it on the page of the request.") % {"found": found[0].sentence}
        return Finding(Result.PROBLEM, sentence, about)
    return Finding(Result.PASSED, _("Every contact is as it was when the request was sent."), about)


def name(tenant_request: TenantRequest, sent: Submission) -> Finding:
    if "existing" in sent.data:
        return _existing(tenant_request, sent)
    wanted = sent.data["tenant"]["tenant_name"]
    if not TENANT_NAME.fullmatch(wanted):
        return Finding(Result.PROBLEM, _("Not a name that Microsoft takes."), [wanted])
    if other := _same_tenant(tenant_request):
        sentence = _("%(number)s of %(partner)s asks for this name too.")
        found = {"number": other.number, "partner": other.partner}
        return Finding(Result.PROBLEM, sentence % found, [wanted, other.number])
    if reserved := [word for word in settings.RESERVED_NAMES if word in wanted]:
        sentence = _("The name contains “%(word)s”, which Microsoft may refuse.") % {"word": reserved[0]}
        return Finding(Result.WARNING, sentence, [wanted])
    return Finding(Result.PASSED, _("Well formed; no other request had it when this was looked up."), [wanted])


def _existing(tenant_request: TenantRequest, sent: Submission) -> Finding:
    asked = [sent.data["existing"]["domain"], sent.data["existing"]["tenant_id"]]
    if other := _same_tenant(tenant_request):
        sentence = _("%(number)s of %(partner)s is about this tenant too.")
        found = {"number": other.number, "partner": other.partner}
        return Finding(Result.PROBLEM, sentence % found, [*asked, other.number])
    return Finding(Result.PASSED, _("Well formed; no other request was about it when this was looked up."), asked)


def _same_tenant(tenant_request: TenantRequest) -> TenantRequest | None:
    """Another request for the same, of whichever partner: for staff alone (R23)."""
    rows = sending.same_tenant(tenant_request.name_key, tenant_request.wanted_id)
    return rows.exclude(pk=tenant_request.pk).select_related("partner").first()


def agreeing(tenant_request: TenantRequest, sent: Submission) -> Finding:
    """Whether domain and tenant id are of one tenant; the look-up at Microsoft is still to come."""
    existing = sent.data.get("existing", {})
    about = [existing.get("domain"), existing.get("tenant_id")]
    if not all(about):
        return Finding(Result.PASSED, _("Only one of the two was given."), about)
    sentence = _("Could not be checked yet: look up in Microsoft’s Partner Center whether both are of one tenant.")
    return Finding(Result.UNKNOWN, sentence, about)


def in_directory(tenant_request: TenantRequest, sent: Submission) -> Finding:
    """R10: whether those who handle incidents are active users of ServiceNow."""
    contacts = sent.data["contacts"]
    needed = [contacts[role] for role in settings.SERVICENOW_ROLES if role in contacts["roles"]]
    found = [(person, directory.look_up(person["email"])) for person in needed]
    about = [[person["email"], finding.state] for person, finding in found]
    for person, finding in found:
        if finding.state != "user":
            result = Result.UNKNOWN if finding.state == "unreachable" else Result.PROBLEM
            who = f"{person['first_name']} {person['last_name']}"
            return Finding(result, f"{who}: {finding.sentence}", about, _source(finding))
    return Finding(Result.PASSED, _("Active in ServiceNow."), about, _source(found[0][1]) if found else "")


def _source(finding: directory.Finding) -> str:
    return _("directory of %(day)s") % {"day": date_format(finding.dated, "j F Y")} if finding.dated else ""


@dataclass(frozen=True)
class Kind:
    title: Any
    check: Callable[[TenantRequest, Submission], Finding]
    applies: Callable[[TenantRequest], bool] = field(default=lambda _request: True)
    # Whether any validator may override it while it could not be checked; else a lead alone.
    anybody_if_unknown: bool = False
    # Whether it may be overridden at all: what R26 lets block until it is done may not.
    overridable: bool = True


CHECKS: dict[str, Kind] = {
    "complete": Kind(gettext_lazy("Complete"), completeness),
    "vat": Kind(gettext_lazy("VAT number"), vat),
    "addresses": Kind(gettext_lazy("Addresses"), addresses),
    "authority": Kind(gettext_lazy("Authority and statements"), authority),
    "people": Kind(gettext_lazy("Contacts as sent"), contacts_as_sent, overridable=False),
    "name": Kind(gettext_lazy("Tenant name or domain"), name),
    "agreeing": Kind(
        gettext_lazy("Domain and tenant id agree"),
        agreeing,
        lambda tenant_request: tenant_request.kind == RequestKind.ONBOARD,
        anybody_if_unknown=True,
    ),
    "directory": Kind(gettext_lazy("Technical contact in ServiceNow"), in_directory, anybody_if_unknown=True),
}


# What is looked at once more when the tenant is registered.
ON_REGISTERING = ["people"]


def run(tenant_request: TenantRequest, kinds: list[str] | None = None) -> list[Check]:
    """Run the checks on what was sent last, and keep the findings; returns the rows of all checks."""
    sent = tenant_request.submissions.select_related("sent_by", "agreement").latest("version")
    rows = {check.kind: check for check in tenant_request.checks.all()}
    for kind in kinds or [kind for kind in CHECKS if CHECKS[kind].applies(tenant_request)]:
        row = rows.setdefault(kind, Check(tenant_request=tenant_request, kind=kind))
        _write(row, CHECKS[kind].check(tenant_request, sent))
    return [rows[kind] for kind in CHECKS if kind in rows]


def _write(row: Check, finding: Finding) -> None:
    fingerprint = hashlib.sha256(json.dumps(finding.about, sort_keys=True).encode()).hexdigest()
    if row.fingerprint != fingerprint:
        if row.overridden_at:
            said = {"check": CHECKS[row.kind].title, "who": row.overridden_by, "reason": row.override_reason}
            line = _("%(check)s: overridden by %(who)s, “%(reason)s”") % said
            history.write(row.tenant_request, "override_void", None, comment=line)
        row.overridden_by = row.overridden_at = None
        row.override_reason = row.case_number = ""
        row.asked_on = None
    row.result, row.sentence, row.source = finding.result, finding.sentence, finding.source
    row.fingerprint, row.ran_at = fingerprint, timezone.now()
    row.save()


def may_override(check: Check, by: User) -> bool:
    """Leads may override any check; what could not be looked up, any validator may (R10)."""
    if CHECKS[check.kind].anybody_if_unknown and check.result == Result.UNKNOWN:
        return by.has_perm("tenants.decide_tenantrequest")
    return by.has_perm("tenants.override_check")


def override(check: Check, *, by: User, reason: str) -> None:
    """Let approving pass this one check, by name and with a reason; void when what was checked changes."""
    check.overridden_by, check.overridden_at, check.override_reason = by, timezone.now(), reason
    check.save(update_fields=["overridden_by", "overridden_at", "override_reason"])
    history.write(check.tenant_request, "override", by, comment=f"{CHECKS[check.kind].title}: {reason}")


def take_override_back(check: Check, *, by: User) -> None:
    """Let the check stop approving again; who had overridden it, and why, stands in the history."""
    check.overridden_by, check.overridden_at, check.override_reason = None, None, ""
    check.save(update_fields=["overridden_by", "overridden_at", "override_reason"])
    history.write(check.tenant_request, "override_taken_back", by, comment=str(CHECKS[check.kind].title))
