"""The page on which a partner names other contacts for a registered tenant: choose, then read what follows and send."""

from collections.abc import Mapping
from functools import partial
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.core import signing
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from contacts.current import ActingRequest, for_customer, needs, typed_in
from contacts.login import place_of
from contacts.methods import answers
from contacts.permissions import Right
from tenants import new_contacts, sending, since, steps, summary, value_add
from tenants.agreements.views import keep_the_file
from tenants.forms import CheckForm
from tenants.models import TenantRequest
from tenants.new_contacts_form import NewContactsForm, StatementsForm
from tenants.people_views import version_in
from tenants.persons import Cast
from tenants.transitions import TransitionRefused
from tenants.views import find, not_now

SEND, BACK, AWAY, CHOSEN = "send", "back", "away", "chosen"
_SALT = "tenants.chosen_contacts"


@typed_in(NewContactsForm, CheckForm)
@needs(Right.REQUEST_TENANTS)
@for_customer
@answers(["GET", "HEAD", "POST"], lambda request, public_id: find(request, public_id))
def change_contacts(request: ActingRequest, public_id: UUID) -> HttpResponse:
    """Choose; the first POST shows what follows and what has to be stated, the second, from there, does it."""
    rows = TenantRequest.objects.with_last_submission().select_related("tenant")
    found = find(request, public_id, rows)
    if why := new_contacts.refusal(found, request.user, request.acting.rights):
        return not_now(request, found, why)
    page = ContactsPage(request, found)
    if AWAY in request.POST:
        return page.leaving()
    if request.method != "POST" or BACK in request.POST:
        return page.choosing()
    return page.answer()


class ContactsPage:
    """The two halves of the page: `choosing`, and `checking` what was chosen."""

    def __init__(self, request: ActingRequest, found: TenantRequest) -> None:
        self.request, self.found = request, found
        # With a file that was kept meanwhile in its place; what was chosen before somebody was added or changed.
        self.typed: Mapping[str, Any] = request.POST if request.method == "POST" else self._chosen()
        sent = found.sent_data["contacts"]  # type: ignore[attr-defined]  # with_last_submission() brought it along
        data = request.POST if request.method == "POST" else None
        self.form = NewContactsForm(data, cast=Cast(found.company, request.user), sent=sent, chosen=self.typed)

    def leaving(self) -> HttpResponse:
        """Away to add or change somebody; the address to come back to carries what was chosen, signed."""
        names = [*self.form.fields, "version", *(name for name, _value in StatementsForm.carrying(self.typed))]
        said = {name: self.typed[name] for name in names if name in self.typed}
        made = signing.dumps([str(self.found.public_id), said], salt=_SALT, compress=True)
        back = f"{self.request.path}?{urlencode({CHOSEN: made})}"
        person = self.form.cast.get(self.typed[AWAY])
        if links := self.form.where_to_edit(person, back) if person else []:
            return redirect(links[0]["url"])
        return redirect(f"{reverse('contacts:contact_add')}?{urlencode({'next': back})}")

    def _chosen(self) -> dict[str, str]:
        try:
            public_id, said = signing.loads(self.request.GET.get(CHOSEN, ""), salt=_SALT)
        except signing.BadSignature:
            return {}
        return dict(said) if public_id == str(self.found.public_id) else {}

    def choosing(self, refused: str = "") -> HttpResponse:
        self.form.show_people(self.request.path)
        context = {
            "found": self.found,
            "form": self.form,
            # Whoever comes back still decides about the version that they saw (R34).
            "version": self.found.version
            if self.request.method == "POST"
            else self.typed.get("version", self.found.version),
            "refused": refused,
            "gone": self.form.gone(),
            "carried": StatementsForm.carrying(self.typed),
            "changes": self._since() if refused else [],
        }
        return render(self.request, "tenants/change_contacts.html", context, status=409 if refused else 200)

    def answer(self) -> HttpResponse:
        if not self.form.is_valid():
            return self.choosing()
        rows = self.found.submissions.select_related("sent_by", "corrected_by", "agreement")
        last = rows.latest("version")
        try:
            planned = new_contacts.plan(self.found, last, self.form, by=self.request.user)
        except TransitionRefused as why:
            return self._refused(why)
        if stale := new_contacts.meanwhile(last, version_in(self.request)):
            if SEND in self.request.POST:
                make = self._maker(planned)
                self.typed = keep_the_file(self.request, make(self.request.POST, self.request.FILES), make).data
            return self.choosing(stale.sentence)
        return self.checking(planned)

    def _since(self) -> list[summary.Change]:
        return since.since(self.found.submissions.latest("version"), version_in(self.request))

    def _maker(self, planned: new_contacts.Plan) -> partial[StatementsForm]:
        asked = planned.needed
        return partial(
            StatementsForm,
            asked=asked,
            to_accept=asked,
            tenant_request=self.found,
            reading=planned.reading,
            ticks=StatementsForm.carried(self.typed),
        )

    def _refused(self, why: TransitionRefused) -> HttpResponse:
        if why.reason == "repetition" and SEND in self.request.POST:
            messages.info(self.request, _("Done already: the contacts are those that you chose."))
            return redirect("tenants:request", self.found.public_id)
        if why.reason == "version":
            return self._again(why.sentence)
        self.form.add_error("technical" if why.reason == "access" else None, why.sentence)
        return self.choosing()

    def _again(self, sentence: str) -> HttpResponse:
        """Choosing once more, with what was typed, on the version of now."""
        rows = TenantRequest.objects.with_last_submission().select_related("tenant")
        again = ContactsPage(self.request, find(self.request, self.found.public_id, rows))
        again.typed = self.typed
        return again.choosing(sentence)

    def checking(self, planned: new_contacts.Plan) -> HttpResponse:
        """What changes, what is stated, who gets which mail; and the button that sends."""
        request, sends = self.request, SEND in self.request.POST
        make = self._maker(planned)
        form = make(request.POST, request.FILES) if sends else make(None)
        status = 200
        if sends:
            form = keep_the_file(request, form, make)
            self.typed = form.data
            if form.is_valid():
                try:
                    return self._send(form)
                except TransitionRefused as why:
                    return self._refused(why)
                except sending.Changed as changed:
                    messages.warning(request, str(changed))
                    form, status = self._maker(planned)(None), 409
                except sending.Incomplete as incomplete:
                    form.add_error(None, str(incomplete))
                    status = 429 if isinstance(incomplete, sending.TooMany) else status
        return render(request, "tenants/change_contacts_check.html", self._context(planned, form), status=status)

    def _send(self, form: StatementsForm) -> HttpResponse:
        request = self.request
        ticked = form.ticked(ip_address=place_of(request))
        new_contacts.change(self.found, by=request.user, typed=request.POST, version=version_in(request), ticked=ticked)
        messages.success(request, _("Changed. Everybody concerned gets a mail, and Arxus sees it."))
        return redirect("tenants:request", self.found.public_id)

    def _context(self, planned: new_contacts.Plan, form: StatementsForm) -> dict[str, object]:
        typed = steps.raw(self.form)
        before, mails = self.form.sent["technical"], planned.mails()
        unwritten = value_add.unwritten(self.found, [mail.to_email for mail in mails])
        return {
            "found": self.found,
            "form": form,
            "planned": planned,
            "typed": typed.items(),
            "finding": self.form.finding(),
            "twice": self.form.twice().values(),
            "mails": [(mail, unwritten.get(mail.to_email)) for mail in mails],
            "granted": planned.event.granted,
            # A person of the partner loses the access where they got it (R50), if it has not ended already.
            "keeps": before if planned.event.granted and before["own"] and self._works_for_us(before) else None,
        }

    def _works_for_us(self, person: Mapping[str, Any]) -> bool:
        return self.found.partner.memberships.filter(user__email=person["email"], user__is_active=True).exists()
