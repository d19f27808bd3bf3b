"""Whether a customer knows Arxus: how that is changed, in both directions (R14).

That it does, its partner confirms; that it does not (any more), staff write down (tenants/relation.py, which shows and
does all that follows). Every change is kept, with who made it.
"""

from collections.abc import Callable
from datetime import datetime
from typing import cast

from django.db import transaction
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from contacts import history
from contacts.acting import Acting
from contacts.models import Company, RelationChange, User

RESELLER, VAP = Company.Relation.RESELLER, Company.Relation.VAP
TEXT_VERSION = 1


# Other apps append why the relation of a customer stays as it is for now, or "".
HELD: list[Callable[[Company], str]] = []


class RelationRefused(Exception):
    """Why the relation cannot be changed now, in a sentence for whoever asked."""


def locked(company: Company) -> Company:
    """A fresh copy whose relation nobody else changes until the transaction ends."""
    rows = Company.objects.select_for_update(of=("self",), no_key=True).select_related("partner")
    return rows.get(pk=company.pk)


def held(company: Company) -> str:
    """Why the relation of a customer cannot change now, in a sentence, or ""."""
    return next(filter(None, (why(company) for why in HELD)), "")


def prepared(company: Company) -> RelationChange | None:
    """What staff prepared and the partner has not confirmed yet."""
    return company.relation_changes.filter(done_at=None, withdrawn_at=None).select_related("prepared_by").first()


def to_confirm(partner: Company) -> "list[Company]":
    """The partner's customers about which it is asked."""
    waiting = RelationChange.objects.filter(company__partner=partner, done_at=None, withdrawn_at=None)
    return [change.company for change in waiting.select_related("company")[:10]]


def statement(company: Company) -> str:
    """What the partner states when it confirms."""
    words = {"customer": company.legal_name, "partner": str(company.partner)}
    return (
        _(
            "%(customer)s knows that %(partner)s works with Arxus, and agrees that Arxus may write to its people and"
            " give them access to this portal."
        )
        % words
    )


def prepare(company: Company, *, by: User) -> RelationChange:
    """Ask the partner to confirm that the customer knows Arxus. Nothing changes before it has."""
    with transaction.atomic():
        fresh = locked(company)
        if fresh.relation != VAP:
            raise RelationRefused(_("%(customer)s knows Arxus already.") % {"customer": fresh})
        if before := prepared(fresh):
            sentence = _("%(name)s has prepared this already; the partner has not confirmed yet.")
            raise RelationRefused(sentence % {"name": before.prepared_by})
        if why := held(fresh):
            raise RelationRefused(why)
        return RelationChange.objects.create(company=fresh, relation=RESELLER, prepared_by=by)


def take_back(company: Company, *, by: User) -> None:
    """Forget what was prepared, if the partner has not confirmed it."""
    with transaction.atomic():
        waiting = locked(company).relation_changes.filter(done_at=None, withdrawn_at=None)
        if waiting.update(withdrawn_at=timezone.now()):
            said = _("Took back that %(customer)s would know Arxus, before its partner confirmed.")
            history.wrote(by, company, said % {"customer": company})


def confirm(acting: Acting, *, seen: str, ip_address: str | None) -> None:
    """The partner states that the customer knows Arxus; from now on people there may be named. Nothing is sent."""
    with transaction.atomic():
        company = locked(acting.company)
        change = prepared(company)
        if change is None or company.relation != VAP:
            raise RelationRefused(_("There is nothing to confirm any more: look at the customer details."))
        if why := held(company):
            raise RelationRefused(why)
        text = statement(company)
        if seen != text:
            raise RelationRefused(_("The statement reads differently now. Read it once more."))
        change.confirmed_by, change.done_at, change.ip_address = acting.user, timezone.now(), ip_address
        change.text, change.text_version, change.language = text, TEXT_VERSION, (get_language() or "en")[:2]
        change.save()
        _write(company, RESELLER)
        history.noted(acting, company, _("Confirmed that the customer knows Arxus."))


def no_longer_knows(company: Company, domains: list[str], *, by: User) -> None:
    """Write down, for a locked customer, that it does not know Arxus; all that follows is the caller's."""
    company.email_domains = domains
    _write(company, VAP)
    company.relation_changes.filter(done_at=None, withdrawn_at=None).update(withdrawn_at=timezone.now())
    RelationChange.objects.create(company=company, relation=VAP, prepared_by=by, done_at=timezone.now())


def _write(company: Company, relation: str) -> None:
    company.relation = relation
    company.save(update_fields=["relation", "email_domains"])


def knows_since(company: Company) -> datetime | None:
    """When a customer that did not know Arxus came to know it: nothing of before is sent afterwards."""
    if company.relation != RESELLER:
        return None
    last = company.relation_changes.filter(relation=RESELLER).exclude(done_at=None).order_by("-done_at").first()
    return cast("datetime | None", last and last.done_at)
