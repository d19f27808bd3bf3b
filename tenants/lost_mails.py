"""A mail that its reader does not have (refused, failed, come back) is told to owner and reviewer, once.

Nobody is told of a lost notice, and no address is told that it is lost: so no mail leads to a mail for ever.
"""

from django.db import transaction
from django.db.models import CharField, Exists, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Cast, Concat, Lower
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from notifications import outbox
from notifications.models import LOST, OutgoingEmail
from notifications.outbox import Mail
from tenants import announcements, named
from tenants.events import Event
from tenants.models import OPEN, Status, Submission, TenantRequest
from tenants.workflow import lock

NOTICE = "mail_lost"
# Where a lost mail still leaves something to do: of a registered tenant the contacts can be corrected too.
MATTERS = (*OPEN, Status.REGISTERED)


def tell() -> int:
    """Tell of every lost mail that nobody was told of yet; safe to run twice, and at once."""
    keys = list(outbox.lost().order_by("created_at").values_list("pk", flat=True)[:200])
    for key in keys:
        with transaction.atomic():
            if mail := outbox.lost().select_for_update(skip_locked=True).filter(pk=key).first():
                _tell(mail)
                mail.told_at = timezone.now()
                mail.save(update_fields=["told_at"])
    return len(keys)


def _tell(mail: OutgoingEmail) -> None:
    known = _of_a_request(mail)
    if known is None or why_nobody(mail, known):
        return
    tenant_request = lock(known)
    if not why_nobody(mail, tenant_request):
        outbox.enqueue(_notices(mail, tenant_request))


def _of_a_request(mail: OutgoingEmail) -> TenantRequest | None:
    about, _colon, pk = mail.about.partition(":")
    return TenantRequest.objects.sent().filter(pk=pk).first() if about == "tenant_request" else None


def why_nobody(mail: OutgoingEmail, tenant_request: TenantRequest) -> str:
    """Why nobody is told that this mail is lost, in a sentence; "" if somebody is."""
    if mail.template == NOTICE or mail.template not in announcements.MAIL_NAMES:
        return _("Nobody is told: it was a notice of the portal’s own, with nothing in it to correct.")
    if tenant_request.status not in MATTERS:
        return _("Nobody is told: the request has ended, so nothing is left to correct.")
    data = tenant_request.submissions.latest("version").data
    if named.place_of(data, mail.to_email) is None and mail.to_email != tenant_request.owner.email:
        return _("Nobody is told: the request no longer names this address.")
    if not _notices(mail, tenant_request):
        return _("Nobody is told: nobody else follows this request, and nobody at Arxus has it.")
    return ""


def who_hears(mail: OutgoingEmail, tenant_request: TenantRequest) -> list[str]:
    """The names of those who are told, where somebody is."""
    return [notice.to_name for notice in _notices(mail, tenant_request)]


def _notices(mail: OutgoingEmail, tenant_request: TenantRequest) -> list[Mail]:
    data = tenant_request.submissions.latest("version").data
    event = Event(NOTICE, tenant_request, None, timezone.now(), data, due_on=tenant_request.due_on, lost=mail)
    return [notice for notice in announcements.mails(event) if notice.to_email != mail.to_email]


def unanswered() -> QuerySet[OutgoingEmail]:
    """The lost mails of a request, for a subquery of requests: to an address that it still names, or to its owner, and
    not sent again since."""
    about = Concat(Value("tenant_request:"), Cast(OuterRef("pk"), CharField()))
    templates = [template for template in announcements.MAIL_NAMES if template != NOTICE]
    # Of a version of its own each correction is: the last one says whom the request names now.
    names_it = Submission.objects.filter(
        tenant_request=OuterRef(OuterRef("pk")),
        version=OuterRef(OuterRef("version")),
        emails__contains=[Lower(OuterRef("to_email"))],
    )
    same = {name: OuterRef(name) for name in ("about", "to_email", "template")}
    again = OutgoingEmail.objects.filter(**same, created_at__gt=OuterRef("created_at"))
    rows = OutgoingEmail.objects.filter(about=about, state__in=LOST, template__in=templates)
    rows = rows.filter(Exists(names_it) | Q(to_email__iexact=OuterRef("owner__email")))
    return rows.exclude(Exists(again.exclude(state=OutgoingEmail.State.WITHHELD))).order_by("created_at")


def page_of(mail: OutgoingEmail) -> str:
    """The page on which staff write down that a mail about a request came back: there they read who is told."""
    found = _of_a_request(mail)
    return reverse("admin:tenants_tenantrequest_came_back", args=[found.pk, mail.pk]) if found else ""


def was_told(mail: OutgoingEmail) -> bool:
    """Whether anybody was told that this mail is lost."""
    return OutgoingEmail.objects.filter(about=mail.about, facts__lost_mail=str(mail.pk)).exists()
