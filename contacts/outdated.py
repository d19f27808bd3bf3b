"""What was sent keeps people as they were then (R25): said to whoever has just changed one of them (R26)."""

from django.contrib import messages
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext as _

from contacts import people
from contacts.models import Contact, Group, User


def say_what_is_outdated(request: HttpRequest, who: Contact | User) -> None:
    """What was sent before blocks until the person is corrected there, too; with a link for who may do it."""
    acting = getattr(request, "acting", None)
    for sent in people.sent_with(who):
        if sent.outdated and acting and acting.can_request_tenants:
            link = _("Correct the person there")
            said = format_html('<strong>{}</strong> <a href="{}">{}</a>', sent.outdated, sent.address, link)
            messages.warning(request, said)
        elif sent.outdated:
            whom = _("Ask a colleague with “%(group)s” to correct the person there.")
            messages.warning(request, f"{sent.outdated} {whom % {'group': Group.TENANTS.label}}")
