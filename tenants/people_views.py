"""The pages on which a partner corrects a person of a request, or takes it back to name another one (R26)."""

from collections.abc import Callable
from functools import cached_property, partial
from typing import Any, TypeGuard
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import gettext as _

from contacts import history, meanwhile
from contacts.current import ActingRequest, for_customer, needs, typed_in
from contacts.methods import answers
from contacts.models import Contact, User
from contacts.outdated import say_what_is_outdated
from contacts.permissions import Right
from tenants import corrections, named, since, transitions, waiting, workflow
from tenants.announcements import MAIL_NAMES
from tenants.correction_forms import ContactCorrectionForm, typed_person_form
from tenants.drafts import EDITABLE
from tenants.models import TenantRequest
from tenants.named import PLACES, Place, who
from tenants.questions import ExistingStep, MicrosoftStep, TenantStep
from tenants.transitions import TransitionRefused, Verb, ago
from tenants.views import find, not_now, number_in


class PersonPage:
    """Somebody whom a request names, as `request` may correct them."""

    def __init__(self, request: ActingRequest, found: TenantRequest, place: Place) -> None:
        self.request, self.found, self.place = request, found, place
        self.sent = found.submissions.select_related("sent_by", "corrected_by", "tenant_request").latest("version")
        person = place.person(self.sent.data)
        if person is None:
            raise Http404
        self.person = person
        self.everywhere = named.places_of(self.sent.data, place)
        self.outdated = next((o for o in named.outdated(found, self.sent.data) if o.place in self.everywhere), None)
        self.row = None if place.typed else named.living(found, person)
        self.opened = self._opened()
        self.form: Any = self.opened and self.opened.form

    def _opened(self) -> meanwhile.Opened[Any] | None:
        """What can be typed here: nothing where a colleague's profile, or the partner's own page, says who it is."""
        if self.place.typed:
            names = self.place.typed.values()
            make: Callable[[Any], Any] = partial(typed_person_form, self.found, self.sent.sent_by, self.place)
            return meanwhile.opened(self.request, make, self.found, only=names)
        row, company = self.row, self.request.acting.company
        if not isinstance(row, Contact) or row.company_id != company.pk or (self.outdated and self.outdated.gone):
            return None
        needs_phone = not {"technical", "commercial"}.isdisjoint(place.slug for place in self.everywhere)
        make = partial(ContactCorrectionForm, instance=row, company=company, needs_phone=needs_phone)
        return meanwhile.opened(self.request, make, row)

    @property
    def reverts(self) -> bool:
        """Whether an old page would take back what somebody else typed since, so that it has to be read first."""
        return bool(self.opened and self.opened.changes)

    @property
    def may_be_kept(self) -> bool:
        return self.opened is None or self.opened.may_be_kept

    def _kept_at(self) -> dict[str, Any] | None:
        """Where somebody is changed who is not changed here: an address that leads back, and for whom one works there.

        Nothing where that is a colleague's own profile.
        """
        if self.place.typed or self.row is None or self.form is not None:
            return None
        if self.row == self.request.user:
            return {"url": f"{reverse('contacts:profile')}?{urlencode({'next': self.request.path})}"}
        if not isinstance(self.row, Contact) or self.row.archived_at:
            return None
        # From there the way back is another company's again.
        back = f"{reverse('tenants:open', args=[self.found.public_id])}?person={self.place.slug}"
        edit = reverse("contacts:contact_edit", args=[self.row.public_id])
        return {"url": f"{edit}?{urlencode({'next': back})}", "company": self.row.company}

    def changed_by(self) -> str:
        """R34: who changed the request since the page was opened."""
        said = {"who": self.sent.corrected_by or self.sent.sent_by, "ago": ago(self.sent.dated)}
        return _("%(who)s changed this %(ago)s. Nothing was changed now: look at it, and save once more.") % said

    @property
    def name(self) -> str:
        return named.name_of(self.person)

    def correct(self, version: int) -> None:
        """Raises TransitionRefused."""
        form, by = self.form, self.request.user
        typed = {name: form.data[name] for name in self.place.typed.values()} if self.place.typed else None

        def keep() -> None:
            if isinstance(form, ContactCorrectionForm):
                history.changed(self.request.acting, form.store(by=by), form)
            for contact in set(self.along.values()):
                self._correct_along(contact, typed or {})

        corrections.correct(self.found, self.place, by=by, version=version, typed=typed, keep=keep)

    @cached_property
    def along(self) -> dict[str, Contact]:
        """By role the contacts of the customer who are the person that is typed here, and still are as sent."""
        places = [place for place in self.everywhere if self.place.typed and not place.typed]
        people = {place.slug: place.person(self.sent.data) or {} for place in places}
        rows = {slug: named.living(self.found, person) for slug, person in people.items()}
        return {slug: row for slug, row in rows.items() if self._is_ours(row) and named.now(row) == who(people[slug])}

    def _is_ours(self, row: Contact | User | None) -> TypeGuard[Contact]:
        """Whether somebody is kept where one works now."""
        return isinstance(row, Contact) and not row.archived_at and row.company_id == self.request.acting.company.pk

    def _correct_along(self, contact: Contact, typed: dict[str, str]) -> None:
        """The contact gets what was typed of the same person, by its own form; a phone number may be another one."""
        said = {part: typed.get(name) for part, name in self.place.typed.items()}
        if said.get("name") not in (None, str(contact)):
            # Which part of it is the last name only the contact itself can say.
            return
        now = {name: said.get(name) or getattr(contact, name) for name in ("first_name", "last_name", "email")}
        form = ContactCorrectionForm(now | {"phone": contact.phone}, instance=contact, company=contact.company)
        if not form.is_valid():
            raise TransitionRefused(str(next(iter(form.errors.values()))[0]))
        history.changed(self.request.acting, form.store(by=self.request.user), form)

    def say_what_stays(self) -> None:
        """Which other requests name a contact as before, and where this one does, with links."""
        for row in [self.row] if self.row else set(self.along.values()):
            say_what_is_outdated(self.request, row)
        data = self.found.submissions.latest("version").data
        for place in corrections.left_behind(self.sent.data, data, self.place):
            said = {"role": place.label, "who": who(place.person(data) or {})}
            sentence = _("%(role)s: still %(who)s.") % said
            url = reverse("tenants:correct_person", args=[self.found.public_id, place.slug])
            link = _("Correct this contact too")
            messages.warning(self.request, format_html('{} <a href="{}">{}</a>', sentence, url, link))

    def context(self) -> dict[str, Any]:
        return {
            "found": self.found,
            "form": self.form,
            "opened": self.opened,
            "name": self.name,
            "person": self.person,
            "place": self.place,
            "as_what": [place.label for place in self.everywhere],
            "outdated": self.outdated,
            "row": self.row,
            "kept_at": self._kept_at(),
            # Contacts who are not corrected from here.
            "elsewhere": [
                p.label for p in self.everywhere if self.place.typed and not p.typed and p.slug not in self.along
            ],
            "told": self.place.step == "contacts" or self.along,
            "invited": PLACES["administrator"] in self.everywhere and waiting.outstanding(self.found),
            "may_name_another": self.found.with_arxus,
        }


@typed_in(ContactCorrectionForm, ExistingStep, MicrosoftStep, TenantStep)
@needs(Right.REQUEST_TENANTS)
@for_customer
@answers(["GET", "POST"], find)
def correct_person(request: ActingRequest, public_id: UUID, slug: str) -> HttpResponse:
    """A new spelling, address or phone number of the same person; says first what follows from it."""
    found, place = find(request, public_id), _place(slug)
    if found.status in EDITABLE:
        return redirect("tenants:step", public_id, place.step)
    if why := corrections.refusal(found, place, request.user):
        messages.info(request, why.sentence)
        return redirect("tenants:request", public_id)
    page, refused = PersonPage(request, found, place), None
    if request.method == "POST" and page.may_be_kept:
        try:
            page.correct(version_in(request))
        except TransitionRefused as why:
            if why.reason == "repetition":
                messages.info(request, why.sentence)
                return redirect("tenants:request", public_id)
            refused, page = why, PersonPage(request, find(request, public_id), place)
        else:
            messages.success(request, _("Corrected. Arxus works with the new data from now on."))
            page.say_what_stays()
            return redirect("tenants:request", public_id)
    another = isinstance(refused, corrections.AnotherPerson)
    context = page.context() | {"refused": refused and refused.sentence, "another": another}
    if (refused and refused.reason == "version") or (page.reverts and version_in(request) != page.found.version):
        context["refused"] = page.changed_by()
        context["changes"] = since.since(page.sent, version_in(request))
    status = 409 if refused or page.reverts else 200
    if refused and refused.reason == "limit":
        status = 429
    return render(request, "tenants/correct_person.html", context, status=status)


@needs(Right.REQUEST_TENANTS)
@for_customer
@answers(["GET", "POST"], find)
def name_another(request: ActingRequest, public_id: UUID, slug: str) -> HttpResponse:
    """Say what it means to take the request back, then do it."""
    found, place = find(request, public_id), _place(slug)
    if why := transitions.refusal(Verb.NAME_ANOTHER, found, request.user):
        return not_now(request, found, why)
    person = place.person(found.submissions.latest("version").data)
    if person is None:
        raise Http404
    if request.method == "POST":
        try:
            back = workflow.name_another(found, by=request.user, place=place.slug, version=version_in(request))
        except TransitionRefused as refused:
            return not_now(request, found, refused)
        day = date_format(back.due_on, "l j F Y") if back.due_on else ""
        said = _("The request is with you. Name the other person, and send it again by %(day)s.")
        messages.success(request, said % {"day": day})
        return redirect("tenants:step", public_id, place.step)
    mails = workflow.preview(Verb.NAME_ANOTHER, found, by=request.user)
    context = {"found": found, "place": place, "name": named.name_of(person)}
    context["mails"] = [mail for mail in mails if mail.template in MAIL_NAMES]
    return render(request, "tenants/name_another.html", context)


def _place(slug: str) -> Place:
    if slug not in PLACES:
        raise Http404
    return PLACES[slug]


def version_in(request: ActingRequest) -> int:
    """The version that the page showed; 0, which was never sent, if that is not said."""
    return number_in(request, "version")
