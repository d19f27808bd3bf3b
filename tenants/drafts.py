"""What a partner does with a request while it can be edited: begin, keep a step, throw away."""

import hashlib
import json
import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import structlog
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from contacts import history as companies
from contacts.models import Company, User
from tenants import history
from tenants.models import Kind, Status, TenantRequest
from tenants.steps import steps_of

log = structlog.get_logger(__name__)
LAST_PAGE = "check"
# Beside the steps in the answers: of each, by which page it was kept last, by whom and when.
KEPT = "kept"
EDITABLE = (Status.DRAFT, Status.CHANGES_REQUESTED)
# What has ended without a tenant: its name can be asked for again.
FREE = (Status.REJECTED, Status.WITHDRAWN)
# Without characters that are mistaken for another one, on paper or on the telephone: of 2 and Z, 5 and S, 6 and G, 8
# and B the digit stays. Numbers that were given before have those letters still.
ALPHABET = "23456789CDFHJKMNPQRTVWXY"
NO_WISH: Mapping[str, Any] = {"name_key": "", "wanted_id": None}
# What one request says and the next one does not repeat.
_OWN = {
    "tenant": ("tenant_name", "second_choice"),
    "existing": ("domain", "tenant_id"),
    "message": ("reference", "wanted_by", "message"),
    "customer": ("confirmed",),
}


def start(customer: Company, *, by: User, kind: Kind = Kind.CREATE) -> TenantRequest:
    """Make a draft, filled with what the customer's last request said (DOMAIN §4)."""
    draft = TenantRequest(kind=kind, company=customer, partner=customer.partner)
    if last_time := _last_time(draft):
        draft.answers = {"last_time": last_time}
    return _begin(draft, by, "start")


def _last_time(draft: TenantRequest) -> dict[str, Any]:
    """What the customer's last request of any kind said where this one asks the same, else the last of its own kind."""
    sent = TenantRequest.objects.of(draft.company).sent().order_by("-sent_at")
    told = [_answers_without(_OWN, row) for row in (sent.filter(kind=draft.kind).first(), sent.first()) if row]
    asked = {step.slug: step.form.base_fields for step in steps_of(draft) if step.form}
    said = {slug: {k: v for one in told for k, v in one.get(slug, {}).items() if k in asked[slug]} for slug in asked}
    return {slug: typed for slug, typed in said.items() if typed}


def may_be_copied(found: TenantRequest) -> bool:
    """Whether somebody can start again with its answers (R20): the partner may send something new."""
    return found.partner.tenant_configuration


def start_again(copied: TenantRequest, *, by: User) -> TenantRequest:
    """Make a draft with the answers of a request; what was stated and confirmed is asked anew (R15, R20).

    Of one that goes on or is registered everything but what is its own: the copy is for another tenant (R23).
    """
    own = {"customer": _OWN["customer"]} if copied.status in FREE else _OWN
    answers = _answers_without(own, copied)
    wanted = _wanted(answers.get("tenant") or answers.get("existing") or {})
    company, partner = copied.company, copied.partner
    draft = TenantRequest(kind=copied.kind, company=company, partner=partner, answers=answers, wanted=wanted)
    if wanted:
        draft.name_key, draft.wanted_id = copied.name_key, copied.wanted_id
    return _begin(draft, by, "copy", copied.number)


def _begin(draft: TenantRequest, by: User, verb: str, comment: str = "") -> TenantRequest:
    draft.owner = draft.created_by = draft.changed_by = by
    draft.changed_at = now = timezone.now()
    with transaction.atomic():
        _save_with_number(draft, now)
        history.write(draft, verb, by, comment=comment, at=now)
    return draft


def _save_with_number(draft: TenantRequest, now: datetime) -> None:
    """Save under a random number that is still free; of eight million one is, nearly always at the first try."""
    for attempts_left in (4, 3, 2, 1, 0):
        draft.number = f"TR-{now:%y}-" + "".join(secrets.choice(ALPHABET) for _ in range(5))
        try:
            with transaction.atomic():
                draft.save()
                return
        except IntegrityError:
            if not attempts_left:
                raise


def _wanted(typed: dict[str, Any]) -> str:
    """What lists show of a name or domain while it can be edited."""
    return str(typed.get("tenant_name") or typed.get("domain") or typed.get("tenant_id") or "")[:255].strip()


def _answers_without(own: dict[str, tuple[str, ...]], last: TenantRequest) -> dict[str, Any]:
    return {
        step.slug: {name: v for name, v in last.answers[step.slug].items() if name not in own.get(step.slug, ())}
        for step in steps_of(last)
        if step.form and step.slug in last.answers
    }


def keep_step(
    tenant_request: TenantRequest,
    slug: str,
    typed: dict[str, Any],
    *,
    by: User | None = None,
    whole: bool = True,
    wish: Mapping[str, Any] = NO_WISH,
    page: str = "",
    nth: int = 0,
) -> bool:
    """Keep what was typed in one step, as it was typed; the other steps stay as others may have changed them.

    With `whole` off, the other fields of the step stay too. False where the request was sent or deleted meanwhile.
    `wish` is what a draft asks for in normal form, where the step says it rightly (R23); `page` is what is_old() asks,
    `nth` the how-many-th saving of that page this is: one that was overtaken by a later one changes nothing.
    The row says who typed last, the log who kept which step (R05); `by` is None for the demo alone.
    """
    with transaction.atomic():
        rows = TenantRequest.objects.select_for_update().filter(pk=tenant_request.pk, status__in=EDITABLE)
        fresh = rows.first()
        if fresh is None:
            return False
        last = fresh.answers.get(KEPT, {}).get(slug, {})
        if page and page == last.get("page") and nth < last.get("nth", 0):
            return True
        fresh.answers[slug] = typed if whole else fresh.answers.get(slug, {}) | typed
        if slug in ("tenant", "existing") and not fresh.version:
            fresh.wanted, fresh.name_key, fresh.wanted_id = _wanted(typed), wish["name_key"], wish["wanted_id"]
        fresh.changed_at = timezone.now()
        last = {"page": page, "nth": nth, "by": str(by.public_id) if by else "", "at": fresh.changed_at.isoformat()}
        fresh.answers[KEPT] = fresh.answers.get(KEPT, {}) | {slug: last}
        if by:
            fresh.changed_by = tenant_request.changed_by = by
        fresh.save(update_fields=["answers", "wanted", "name_key", "wanted_id", "changed_at", "changed_by"])
    tenant_request.answers, tenant_request.wanted = fresh.answers, fresh.wanted
    log.info("step_kept", step=slug, **_trace(tenant_request, by))
    return True


def is_old(tenant_request: TenantRequest, slug: str, *, read: str, page: str) -> bool:
    """Whether a page shows what is no longer kept of its step: somebody else, or one's own other tab, kept it since.

    `read` is the digest that the page began with, `page` its own name: what it kept itself is no news to it.
    """
    last = tenant_request.answers.get(KEPT, {}).get(slug, {})
    return bool(read) and read != reading(tenant_request, slug) and not (page and last.get("page") == page)


def kept_last(tenant_request: TenantRequest, slug: str, reader: User) -> dict[str, Any]:
    """Who kept a step last, and when; `by` is None where nobody did."""
    last = tenant_request.answers.get(KEPT, {}).get(slug)
    if not last:
        return {"by": None, "at": None}
    known = [user for user in (reader, tenant_request.changed_by) if user and str(user.public_id) == last["by"]]
    by = known[0] if known else User.objects.filter(public_id=last["by"]).first() if last["by"] else None
    return {"by": by, "at": datetime.fromisoformat(last["at"])}


def keep_ticks(tenant_request: TenantRequest, ticks: dict[str, Any], *, by: User, page: str = "", nth: int = 0) -> bool:
    """Keep what somebody ticked and wrote on the last page; it counts for nobody else, nor once it was sent (R15)."""
    kept = {"by": str(by.public_id), "version": tenant_request.version, "ticks": ticks}
    return keep_step(tenant_request, LAST_PAGE, kept, by=by, page=page, nth=nth)


def ticks_of(tenant_request: TenantRequest, by: User) -> dict[str, Any]:
    """What this person ticked and wrote on the last page, if they have not sent it."""
    kept = tenant_request.answers.get(LAST_PAGE, {})
    mine = (kept.get("by"), kept.get("version")) == (str(by.public_id), tenant_request.version)
    return dict(kept["ticks"]) if mine else {}


def reading(tenant_request: TenantRequest, slug: str) -> str:
    """A digest of what is kept of one step: a script in an old tab must not write over what was kept since."""
    return reading_of(tenant_request.answers.get(slug) or {})


def reading_of(typed: Mapping[str, Any]) -> str:
    """The same of what a page sends: equal where nobody touched it."""
    said = json.dumps({name: value for name, value in typed.items() if value}, sort_keys=True)
    return hashlib.sha256(said.encode()).hexdigest()[:16]


def _trace(tenant_request: TenantRequest, by: User | None) -> dict[str, str | None]:
    """Who did something to which request, for which company (R05); never what was typed."""
    return {
        "number": tenant_request.number,
        "by": str(by.public_id) if by else None,
        "company": str(tenant_request.company.public_id),
    }


def delete(tenant_request: TenantRequest, *, by: User) -> None:
    """Throw a draft away that was never sent; nothing happens if it was sent meanwhile.

    Its history goes with it: who did it stays as a line of the customer's (R05).
    """
    with transaction.atomic():
        rows = TenantRequest.objects.select_for_update().filter(pk=tenant_request.pk, status=Status.DRAFT, version=0)
        if row := rows.first():
            companies.wrote(by, tenant_request.company, _("Deleted the draft %(number)s.") % {"number": row.number})
            log.info("draft_deleted", changed_at=row.changed_at.isoformat(), **_trace(tenant_request, by))
            row.delete()
