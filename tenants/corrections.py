"""Correcting a person of a request that was sent (R26): a new spelling or address of the same person.

The correction is a version of its own, so that whoever was deciding reads it first (R34). What was stated goes on
counting (R15): where it would not, the person is another one, and the request has to be sent anew.
"""

from collections.abc import Callable
from copy import copy, deepcopy
from dataclasses import replace
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from contacts.models import User
from notifications import outbox
from notifications.models import OutgoingEmail
from tenants import access, announcements, checks, history, limits, named, objections, statements, waiting
from tenants.events import Event
from tenants.models import WITH_ARXUS, Status, Submission, TenantRequest
from tenants.named import Place, name_of, who
from tenants.persons import Cast, same_person
from tenants.steps import Answers, addresses_in
from tenants.transitions import TransitionRefused, lacks_the_right_of_partners
from tenants.workflow import lock

Typed = dict[str, str]


class AnotherPerson(TransitionRefused):
    """What was typed is no correction: the request has to be taken back to name somebody else."""


def refusal(
    tenant_request: TenantRequest, place: Place, by: User, version: int | None = None
) -> TransitionRefused | None:
    """Why `by` may not correct the person of this place now; after the registration only contacts are corrected."""
    if why := lacks_the_right_of_partners(tenant_request, by):
        return why
    ready = tenant_request.status == Status.REGISTERED and place.step == "contacts"
    if tenant_request.status not in WITH_ARXUS and not ready:
        return TransitionRefused(_("Nobody is corrected here now: this request is not with Arxus."), "status")
    if version is not None and version != tenant_request.version:
        return TransitionRefused(
            _("This request was changed since you opened it. Look at what it says now."), "version"
        )
    return None


def correct(
    tenant_request: TenantRequest,
    place: Place,
    *,
    by: User,
    version: int,
    typed: Typed | None = None,
    keep: Callable[[], object] = lambda: None,
) -> TenantRequest:
    """Correct the person of one place, wherever the request names them.

    A contact is kept where contacts are (`keep`, within the transaction) and read back; of others, `typed` holds the
    fields of the step. Raises AnotherPerson, or TransitionRefused with another reason.
    """
    with transaction.atomic():
        fresh = lock(tenant_request)
        if why := refusal(fresh, place, by, version):
            raise why
        if limits.is_a_flood(by):
            said = _("You have sent a great deal within the last hour. Correct this a little later.")
            raise TransitionRefused(said, "limit")
        last = fresh.submissions.select_related("sent_by", "agreement").latest("version")
        everywhere = named.places_of(last.data, place)
        keep()
        data = _corrected(fresh, last, place, everywhere, typed)
        if data == last.data:
            raise TransitionRefused(_("The request says so already."), "repetition")
        _refuse_another(fresh, last, data, everywhere)
        return _write(fresh, last, data, place, by)


def _corrected(
    fresh: TenantRequest, last: Submission, place: Place, everywhere: list[Place], typed: Typed | None
) -> dict[str, Any]:
    """What the request says with the correction; typed answers follow in `fresh`. Everything else stays as sent."""
    data, before = deepcopy(last.data), place.person(last.data)
    cast = Answers(fresh, last.sent_by).cast
    assert before is not None  # noqa: S101 – the page of this place was found
    if not place.typed:
        person = cast.get(before["ref"])
        if person is None:
            raise TransitionRefused(_("%(name)s can no longer be chosen.") % {"name": name_of(before)})
        now = person.as_json()
    else:
        now = {part: (typed or {})[name] for part, name in place.typed.items()}
    for other in everywhere:
        if not other.typed and "ref" in now:
            data["contacts"][other.slug] = now
        elif other.typed:
            _retype(fresh, data, other, now, whole=other == place)
    _refuse_incomplete(fresh, last, data, everywhere)
    if place.typed:
        _take_over(cast, data, place, everywhere)
    return data


def _take_over(cast: Cast, data: dict[str, Any], place: Place, everywhere: list[Place]) -> None:
    """A contact that reads as who was typed is kept as it is now: it was corrected along, or beforehand."""
    typed = place.person(data)
    assert typed is not None  # noqa: S101 – the form of the step asks for an address
    for other in everywhere:
        person = None if other.typed else cast.get(data["contacts"][other.slug]["ref"])
        if person and who(person.as_json()).casefold() == who(typed).casefold():
            data["contacts"][other.slug] = person.as_json()


def left_behind(before: dict[str, Any], after: dict[str, Any], place: Place) -> list[Place]:
    """Where a request still names the person as before a correction of `place`: somebody kept elsewhere."""
    one, other = place.person(before), place.person(after)
    if one is None or other is None or who(one) == who(other):
        return []
    return [p for p in named.places_of(before, place) if (now := p.person(after)) and who(now) == who(one)]


def _retype(fresh: TenantRequest, data: dict[str, Any], place: Place, now: dict[str, Any], *, whole: bool) -> None:
    """Name and address follow wherever the same person was typed; the phone number may be another one there."""
    values = {"name": name_of(now)} | now
    said = {name: values[part] for part, name in place.typed.items() if part in values and (whole or part != "phone")}
    fresh.answers[place.step] = fresh.answers.get(place.step, {}) | said
    data[place.step] = data[place.step] | said


def _refuse_incomplete(fresh: TenantRequest, last: Submission, data: dict[str, Any], everywhere: list[Place]) -> None:
    """The forms of the steps have the last word on what a person may be; what they clean is what is kept."""
    forms = Answers(fresh, last.sent_by).forms
    for place in everywhere:
        form, fields = forms[place.step], place.typed.values() or [place.slug]
        for name in fields:
            if sentences := form.errors.get(name):
                raise TransitionRefused(_lacking(place, data) or str(sentences[0]))
            if place.typed:
                data[place.step][name] = str(form.cleaned_data[name])


def _lacking(place: Place, data: dict[str, Any]) -> str:
    """The step says where to add it; here it is added elsewhere."""
    person = None if place.typed else place.person(data)
    if place.slug != "commercial" or not person or person["job_title"]:
        return ""
    sentence = _("%(name)s has no job title yet: add it on the page of this contact, then correct this once more.")
    return sentence % {"name": name_of(person)}


def _refuse_another(fresh: TenantRequest, last: Submission, data: dict[str, Any], everywhere: list[Place]) -> None:
    for place in everywhere:
        before, now = place.person(last.data), place.person(data)
        if before and now and not _same(before, now):
            sentence = _("%(now)s reads as another person than %(before)s: name and address are both different.")
            raise AnotherPerson(sentence % {"now": who(now), "before": who(before)})
    if _still_to_accept(fresh, last, data) - _still_to_accept(fresh, last, last.data):
        raise AnotherPerson(_("With this change a statement has to be accepted anew, which is asked when you send."))


def _still_to_accept(fresh: TenantRequest, last: Submission, data: dict[str, Any]) -> set[str]:
    asked = statements.applying(data, partner=str(fresh.partner), customer=str(fresh.company), by=last.sent_by)
    return {statement.kind for statement in statements.still_to_accept(fresh, asked, last.sent_by)}


def _same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    if "name" in one:
        return one["email"] == other["email"] or one["name"].casefold() == other["name"].casefold()
    return same_person(one, other)


def _write(fresh: TenantRequest, last: Submission, data: dict[str, Any], place: Place, by: User) -> TenantRequest:
    now = timezone.now()
    ready = fresh.status == Status.REGISTERED
    event = Event(
        "correct_person",
        fresh,
        by,
        now,
        data,
        last.data,
        due_on=fresh.due_on,
        sender=last.sent_by,
        tenant=getattr(fresh, "tenant", None) if ready else None,
    )
    if ready:
        event = replace(event, **_access(fresh, last.data["contacts"], data["contacts"]))
    fresh.version, fresh.changed_at = fresh.version + 1, now
    again = copy(last)
    again.pk, again.version, again.data, again.emails = None, fresh.version, data, addresses_in(data)
    again.names, again._state.adding = named.names_in(data), True
    again.corrected_by, again.corrected_at = by, now
    again.save(force_insert=True)
    fresh.save(update_fields=["version", "answers", "changed_at"])
    history.write(fresh, "correct_person", by, comment=_line(place, last.data, data), at=now)
    _mail(event, addresses_in(last.data), again.emails)
    waiting.invite_again(fresh, data, now)
    if fresh.status in WITH_ARXUS:
        checks.run(fresh)
    return fresh


def _access(fresh: TenantRequest, before: dict[str, Any], now: dict[str, Any]) -> dict[str, Any]:
    """Move the access of a technical contact to another address; what becomes of it, for those who are told."""
    if before["technical"]["email"] == now["technical"]["email"]:
        return {}
    try:
        planned, link = access.move(fresh, before["technical"], now["technical"])
    except access.Refused as refused:
        raise TransitionRefused(refused.to_partner, "access") from None
    # The old address may have an account of its own: it was somebody else's, or the person has two.
    left = access.ending(fresh, before, now)
    if left:
        access.end(left)
    return {"granted": planned, "link": link, "access_ended": left.user.email if left else ""}


def _line(place: Place, before: dict[str, Any], after: dict[str, Any]) -> str:
    one, other = place.person(before), place.person(after)
    return f"{place.label}: {who(one or {})} → {who(other or {})}"


def _mail(event: Event, before: list[str], after: list[str]) -> None:
    """Withhold what waits for an address that is named no more, and promise what is still true to the new one.

    Whoever reads that old address hears that it is named no longer, if a mail about the request ever reached it.
    """
    about = OutgoingEmail.objects.filter(about=announcements.about(event.tenant_request))
    gone = about.filter(to_email__in=set(before) - set(after))
    reached = set(gone.filter(state=OutgoingEmail.State.ACCEPTED).values_list("to_email", flat=True))
    outbox.withhold(gone.filter(facts__named=True), _("The address was corrected since."))
    objections.answer_elsewhere(event.tenant_request, set(before) - set(after))
    mails = announcements.mails(event)
    outbox.enqueue(mail for mail in mails if mail.template != "no_longer_named" or mail.to_email in reached)
