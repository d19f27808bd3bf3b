"""The history of a request: who did what, when, for which company (R05), and in which words it is told."""

from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from contacts.models import User
from tenants.models import TenantRequest, Transition

# What a line says after the name of whoever did it.
WORDS = {
    "start": _("started the draft"),
    "copy": _("started the draft as a copy"),
    "submit": _("sent it to Arxus"),
    "withdraw": _("withdrew it"),
    "request_changes": _("asked for changes"),
    "reject": _("did not accept it"),
    "approve": _("approved it"),
    "register": _("registered the tenant"),
    "fail": _("reported a hitch, and checks it again"),
    "cancel": _("cancelled it"),
    "reopen": _("reopened it"),
    "correct_registration": _("corrected the registration"),
    "ask_to_stop": _("asked to stop"),
    "take": _("took the request"),
    "take_over": _("took the request over"),
    "release": _("gave the request back to the queue"),
    "override": _("overrode a check"),
    "asked_for_user": _("asked for a ServiceNow user"),
    "started": _("started at Microsoft"),
    "not_started": _("said that it was not started at Microsoft after all"),
    "resend": _("had a mail sent again"),
}

# Lines of Arxus's own work, which partners do not read.
INTERNAL = ("release", "override", "asked_for_user", "resend")


# Beside the verbs, the lines whose words partners read as well.
QUOTED = ("copy", "ask_to_stop")


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
