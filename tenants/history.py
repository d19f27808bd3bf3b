"""The history of a request: who did what, when, for which company (R05), and in which words it is told."""

from datetime import datetime

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from contacts import activities
from contacts.models import Company, User
from tenants.models import TenantRequest, Transition

# What a line says after the name of whoever did it.
WORDS = {
    "start": _("started the draft"),
    "copy": _("started the draft as a copy"),
    "submit": _("sent it to Arxus"),
    "withdraw": _("withdrew it"),
    "name_another": _("took it back to name another person"),
    "correct_person": _("corrected a person"),
    "change_contacts": _("changed the contacts"),
    "objection": _("was told by a contact that something is not right"),
    "objection_settled": _("settled what a contact said is not right"),
    "use_suggestions": _("took over what Arxus suggested"),
    "request_changes": _("asked for changes"),
    "reject": _("did not accept it"),
    "approve": _("approved it"),
    "register": _("registered the tenant"),
    "fail": _("reported a hitch, and checks it again"),
    "cancel": _("cancelled it"),
    "reopen": _("reopened it"),
    "fresh_link": _("sent a fresh activation link, as nobody had used the one before"),
    "not_activated": _("sent a fresh activation link once more, and told the owner that nobody has used one"),
    "correct_registration": _("corrected the registration"),
    "ask_to_stop": _("asked to stop"),
    "take": _("took the request"),
    "take_over": _("took the request over"),
    "hand_over": _("handed the request over"),
    "release": _("gave the request back to the queue"),
    "override": _("overrode a check"),
    "override_taken_back": _("took back that a check was overridden"),
    "override_void": _("let a check count again, as what it looked at changed"),
    "asked_for_user": _("asked for a ServiceNow user"),
    "started": _("started at Microsoft"),
    "not_started": _("said that it was not started at Microsoft after all"),
    "change_owner": _("changed the owner"),
    "other_contacts": _("asked for other contacts"),
    "waits_for_arxus": _("said that it waits for Arxus again"),
    "waits_for_microsoft": _("said that it waits for Microsoft"),
    "waits_for_customer": _("said that it waits for the customer’s administrator"),
    "forwarded": _("forwarded Microsoft’s invitation to the customer’s administrator"),
    "agreement_accepted": _("wrote down that the Microsoft Customer Agreement was accepted"),
    "agreement_corrected": _("corrected when the Microsoft Customer Agreement was accepted"),
    "agreement_taken_back": _("took back that the Microsoft Customer Agreement was accepted"),
    "hand_over_corrected": _("corrected how the first login was handed over"),
    "resend": _("had a mail sent again"),
    "came_back": _("wrote down that a mail came back"),
    "not_back": _("took back that a mail came back"),
}

# Lines of Arxus's own work, which partners do not read.
INTERNAL = (
    *("release", "override", "override_taken_back", "override_void", "asked_for_user"),
    *("resend", "came_back", "not_back", "hand_over_corrected"),
)


# Beside the verbs, the lines whose words partners read as well.
QUOTED = ("copy", "ask_to_stop", "change_owner", "change_contacts")


def acts_of(user: User, company: Company) -> activities.Trail:
    """What somebody did to the requests of a company and its customers, for contacts/activities.py."""
    companies = Company.objects.filter(Q(pk=company.pk) | Q(partner=company))
    rows = Transition.objects.filter(by=user, for_company__in=companies)
    return rows.select_related("tenant_request__company"), "at", _told


def _told(line: Transition) -> activities.Act:
    row = line.tenant_request
    return activities.Act(line.at, f"{row.number}, {row.company}", str(WORDS[line.verb]), line.pk)


def write(
    tenant_request: TenantRequest,
    verb: str,
    by: User | None,
    *,
    before: str | None = None,
    comment: str = "",
    at: datetime | None = None,
) -> Transition:
    """Add a line; `before` is the status it had, where the verb changed it."""
    return Transition.objects.create(
        tenant_request=tenant_request,
        verb=verb,
        from_status=before or tenant_request.status,
        to_status=tenant_request.status,
        version=tenant_request.version,
        by=by,
        for_company=None if by is None or by.is_staff else tenant_request.company,
        comment=comment,
        at=at or timezone.now(),
    )
