"""The contacts of the acting company: people Arxus writes to."""

from uuid import UUID

from django.contrib import messages
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from contacts import history, meanwhile, people
from contacts.contact_forms import ContactForm
from contacts.current import ActingRequest, for_partners_people, get_or_404, needs, typed_in
from contacts.methods import answers
from contacts.models import Contact, ContactRole, sort_key
from contacts.outdated import say_what_is_outdated
from contacts.pages import next_or, page_of
from contacts.permissions import Right
from contacts.typed import Typed


@require_safe
@needs(Right.VIEW)
@for_partners_people
def contacts(request: ActingRequest) -> HttpResponse:
    """Those in use, or with `?archived=1` those that are not any more."""
    everyone = Contact.objects.of(request.acting.company)
    archived = request.GET.get("archived") == "1"
    query = request.GET.get("q", "").replace("\0", "").strip()[:100]
    role = request.GET.get("role", "")
    found = everyone.exclude(archived_at=None) if archived else everyone.active()
    if query:
        found = found.filter(Q(sort_name__contains=sort_key(query)) | Q(email__contains=query.lower()))
    if role in ContactRole.values:
        found = found.filter(roles__contains=[role])
    context = {
        "page": page_of(found, request, "sort_name", "pk"),
        "archived": archived,
        "archived_count": everyone.exclude(archived_at=None).count(),
        "count": found.count(),
        "query": query,
        "role": role,
        "roles": ContactRole.choices,
        "filtered": bool(query or role),
    }
    return render(request, "contacts/contacts.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@typed_in(ContactForm)
@needs(Right.EDIT_CUSTOMERS)
def contact_add(request: ActingRequest) -> HttpResponse:
    """A new contact; `?next=` leads back to where one was asked for."""
    form = ContactForm(request.POST if request.method == "POST" else None, company=request.acting.company)
    if form.is_bound and form.is_valid():
        contact = form.store(by=request.user)
        history.added(request.acting, contact)
        messages.success(request, _("%(name)s is added. Nothing was sent to this person.") % {"name": contact})
        return redirect(next_or(request, "contacts:contacts"))
    back = next_or(request, "contacts:contacts")
    return render(request, "contacts/contact_form.html", {"form": form, "back": back})


@typed_in(ContactForm)
@needs(Right.EDIT_CUSTOMERS)
@answers(["GET", "HEAD", "POST"], lambda request, public_id: _contact(request, public_id))
def contact_edit(request: ActingRequest, public_id: UUID) -> HttpResponse:
    """Change a contact; an old page first says what a colleague changed since."""
    company = request.acting.company
    with meanwhile.holding(request):
        contact = _contact(request, public_id, lock=request.method == "POST")
        if contact.archived_at:
            typed = Typed.of(request, "").in_full() if request.method == "POST" else []
            if typed:
                return _archive_page(request, contact, typed)
            return redirect("contacts:contact_archive", contact.public_id)
        # Validating writes into the contact: the name as it was, for the page that shows the errors.
        name = str(contact)
        opened = meanwhile.opened(request, lambda data: ContactForm(data, instance=contact, company=company), contact)
        if opened.may_be_kept:
            opened.form.store(by=request.user)
            history.changed(request.acting, contact, opened.form)
    if opened.may_be_kept:
        sentence = _("%(name)s is kept. Requests that were sent stay as they were sent.")
        messages.success(request, sentence % {"name": contact})
        say_what_is_outdated(request, contact)
        return redirect(next_or(request, "contacts:contacts"))
    context = {"form": opened.form, "opened": opened, "contact": contact, "name": name}
    context["back"] = next_or(request, "contacts:contacts")
    context["sent_with"] = people.sent_with(_contact(request, public_id))
    return render(request, "contacts/contact_form.html", context, status=opened.status)


@needs(Right.EDIT_CUSTOMERS)
@answers(["GET", "HEAD", "POST"], lambda request, public_id: _contact(request, public_id))
def contact_archive(request: ActingRequest, public_id: UUID) -> HttpResponse:
    """Say what archiving does, and do it; the same page brings a contact back. Sent twice is once."""
    contact = _contact(request, public_id)
    if request.method == "POST":
        back = request.POST.get("bring_back") == "1"
        if back == bool(contact.archived_at):
            contact.archived_at = None if back else timezone.now()
            contact.archived_by = None if back else request.user
            contact.save(update_fields=["archived_at", "archived_by"])
            history.noted(request.acting, contact, _("Brought back.") if back else _("Archived."))
        sentence = (
            _("%(name)s can be chosen again.") if back else _("%(name)s is archived and can no longer be chosen.")
        )
        messages.success(request, sentence % {"name": contact})
        if not back and _contact_of(contact):
            return redirect("contacts:contact_archive", contact.public_id)
        return redirect(next_or(request, "contacts:contacts"))
    return _archive_page(request, contact, [])


def _archive_page(request: ActingRequest, contact: Contact, typed: list[tuple[str, str]]) -> HttpResponse:
    """`typed` is what somebody typed about a contact that was archived meanwhile."""
    named = [sentence for named_in in people.NAMED_IN for sentence in named_in(contact)]
    context = {"contact": contact, "named": named, "contact_of": _contact_of(contact), "typed": typed}
    return render(request, "contacts/contact_archive.html", context, status=409 if typed else 200)


def _contact_of(contact: Contact) -> list[tuple[str, str]]:
    return [found for contact_of in people.CONTACT_OF for found in contact_of(contact)]


def _contact(request: ActingRequest, public_id: UUID, *, lock: bool = False) -> Contact:
    rows = Contact.objects.of(request.acting.company)
    return get_or_404(rows.select_for_update() if lock else rows, public_id=public_id)
