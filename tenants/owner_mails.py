"""The mails that say who owns a request now (R27)."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from contacts.models import User
from notifications.outbox import Mail
from notifications.rendering import compose
from tenants import mail_context
from tenants.announcements import about
from tenants.models import Status, TenantRequest


def new_owner(requests: Sequence[TenantRequest], to: User, before: User, by: User) -> Mail:
    """One mail, however many requests, of with_standing(): which they are, where each stands."""
    first = requests[0]
    with translation.override(to.language):
        context: dict[str, Any] = _context(first, by) | {
            "before": str(before),
            "count": len(requests),
            "pairs": [(row.number, _lines(row)) for row in requests],
            "next": _next(requests),
        }
    if len(requests) > 1:
        context |= {"number": "", "url": f"{settings.SITE_URL}{reverse('tenants:requests')}?owner=me&status=all"}
        return _mail("owner_new", to, context, f"hand_over:{before.pk}", {"account": to.pk})
    return _mail("owner_new", to, context, about(first), _facts(first))


def former_owner(tenant_request: TenantRequest, to: User, by: User) -> Mail:
    with translation.override(to.language):
        context = _context(tenant_request, by) | {"owner": str(tenant_request.owner)}
    facts = {"tenant_request": tenant_request.pk, "statuses": list(Status.values), "former_owner": True}
    return _mail("owner_former", to, context, about(tenant_request), {"account": to.pk} | facts)


def _context(tenant_request: TenantRequest, by: User) -> dict[str, Any]:
    return {
        "number": tenant_request.number,
        "reference": tenant_request.answers.get("message", {}).get("reference", ""),
        "partner": tenant_request.partner.legal_name,
        "customer": tenant_request.company.legal_name,
        "by": str(by),
        "url": mail_context.address(tenant_request),
        "whom": _whom(tenant_request, by),
    }


def _whom(tenant_request: TenantRequest, by: User) -> str:
    """Whoever changed the owner: a colleague, or Arxus."""
    partner = tenant_request.partner
    if by.is_staff:
        return mail_context.service_desk()
    return ", ".join([str(by), partner.legal_name, mail_context.phone_of(by, partner)])


def _lines(row: TenantRequest) -> list[str]:
    # As badge, list and overview say it (standing.py).
    words = _("With you: contact to correct") if _to_correct(row) else row.partner_words
    lines = [row.company.legal_name, row.wanted, words]
    if row.status == Status.CHANGES_REQUESTED and row.due_on:
        lines.append(_("Answer by %(day)s") % {"day": mail_context.in_full(row.due_on)})
    return lines


def _to_correct(row: TenantRequest) -> bool:
    return row.outdated and row.with_arxus and not row.to_forward


def _next(requests: Sequence[TenantRequest]) -> list[str]:
    """What the new owner has to do, and what goes on without them."""
    found = []
    if any(row.status == Status.DRAFT for row in requests):
        found.append(_("A draft waits for you to finish it and send it."))
    if any(row.status == Status.CHANGES_REQUESTED for row in requests):
        found.append(_("The remarks of Arxus wait for your answer."))
    if any(row.to_forward for row in requests):
        found.append(_("Microsoft’s invitation waits for you to forward it."))
    if any(_to_correct(row) for row in requests):
        found.append(_("A contact is no longer as sent: correct the person, before that Arxus cannot go on."))
    if any(row.with_arxus and not _to_correct(row) and not row.to_forward for row in requests):
        found.append(_("What is with Arxus goes on without you: you get a mail with the result."))
    return found or [_("Nothing is left to do.")]


def _facts(tenant_request: TenantRequest) -> dict[str, Any]:
    """What the guard of the outbox asks: whether its reader owns the request still."""
    return {"tenant_request": tenant_request.pk, "statuses": list(Status.values), "roles": ["owner"]}


def _mail(template: str, to: User, context: dict[str, Any], subject: str, facts: dict[str, Any]) -> Mail:
    return compose(
        template,
        to_email=to.email,
        to_name=str(to),
        language=to.language,
        context=context,
        about=subject,
        facts=facts,
    )
