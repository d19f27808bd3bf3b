"""What a partner does with a customer's agreements: keep, replace, end, delete."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from contacts.models import Company, User
from tenants import working_days
from tenants.agreements import documents
from tenants.agreements.documents import Document
from tenants.models import Agreement


@dataclass(frozen=True)
class Given:
    """What somebody says of a signed agreement; without a document the partner keeps it."""

    reference: str
    signed_on: date
    ends_on: date | None = None
    document: Document | None = None


class NotKept(Exception):
    """Nothing was kept; the sentence says why, and what to do."""


def keep(customer: Company, given: Given, *, by: User, instead_of: Agreement | None = None) -> Agreement:
    """Keep an agreement, in place of an older one where that is given. Raises NotKept.

    The file is written before its row is: a crash leaves a file that nobody knows, never a row without its file.
    """
    stored_as = ""
    try:
        with transaction.atomic():
            if instead_of:
                _retire(_lock(instead_of), by)
            if given.document:
                _refuse_beyond_quota(customer, len(given.document.content))
                stored_as = documents.store(given.document)
            kept = _write(customer, given, stored_as, by)
            if instead_of:
                Agreement.objects.filter(pk=instead_of.pk).update(replaced_by=kept)
            return kept
    except BaseException as error:
        if stored_as:
            documents.discard(stored_as)
        if isinstance(error, OSError):
            raise NotKept(_NO_ROOM()) from error
        if isinstance(error, IntegrityError) and "an_agreement_is_kept_once" in str(error):
            raise NotKept(twice(given.reference, given.signed_on)) from error
        raise


def _write(customer: Company, given: Given, stored_as: str, by: User) -> Agreement:
    document = given.document
    return Agreement.objects.create(
        company=customer,
        reference=given.reference,
        signed_on=given.signed_on,
        ends_on=given.ends_on,
        stated_by=by,
        stored_as=stored_as,
        shown_name=document.shown_name if document else "",
        size=len(document.content) if document else 0,
        sha256=document.sha256 if document else "",
    )


def _refuse_beyond_quota(customer: Company, size: int) -> None:
    """So many files a customer, so many megabytes a partner (T89); uploads of one partner wait for one another."""
    partner = Company.objects.select_for_update(no_key=True).get(customers=customer)
    files = Agreement.objects.exclude(stored_as="")
    if files.filter(company=customer).count() >= settings.AGREEMENTS_PER_CUSTOMER:
        sentence = _("%(customer)s has %(most)s files already. Delete one that no request names, under Agreements.")
        raise NotKept(sentence % {"customer": customer, "most": settings.AGREEMENTS_PER_CUSTOMER})
    used = files.filter(company__partner=partner).aggregate(sum=Sum("size"))["sum"] or 0
    if used + size > settings.AGREEMENTS_MB_PER_PARTNER * 1_000_000:
        sentence = _("The files of %(partner)s take up all the room there is. Ask Arxus, or state that you keep it.")
        raise NotKept(sentence % {"partner": partner})


def end(agreement: Agreement, *, by: User) -> bool:
    """From now on nothing is sent with it, and requests that Arxus still checks wait for another one."""
    with transaction.atomic():
        fresh = _lock(agreement)
        if fresh.retired_at:
            return False
        _retire(fresh, by)
        return True


def delete(agreement: Agreement) -> bool:
    """Delete what no request names; False where one does (R12: it lives while a request names it)."""
    with transaction.atomic():
        fresh = Agreement.objects.select_for_update().filter(pk=agreement.pk).first()
        if fresh is None:
            return True
        if fresh.submissions.exists() or Agreement.objects.filter(replaced_by=fresh).exists():
            return False
        fresh.delete()
        if fresh.stored_as:
            name = fresh.stored_as
            transaction.on_commit(lambda: documents.discard(name))
        return True


def to_send_with(customer: Company, public_id: UUID) -> Agreement | None:
    """One that a request of the customer can be sent with now, locked until the caller's transaction ends (T35)."""
    rows = Agreement.objects.select_for_update().filter(company=customer, public_id=public_id)
    return rows.in_use(working_days.today()).first()


def _lock(agreement: Agreement) -> Agreement:
    return Agreement.objects.select_for_update().get(pk=agreement.pk)


def _retire(fresh: Agreement, by: User) -> None:
    if fresh.retired_at:
        raise NotKept(_("A colleague has just ended or replaced this agreement. Look at the list again."))
    fresh.retired_at, fresh.retired_by = timezone.now(), by
    fresh.save(update_fields=["retired_at", "retired_by"])


def twice(reference: str, signed_on: date) -> str:
    sentence = _("An agreement %(reference)s with this date is kept already. Choose that one, or replace it.")
    return sentence % {"reference": reference}


def _NO_ROOM() -> str:
    return _("Arxus could not keep the file just now. Try again later, or state that you keep the document.")
