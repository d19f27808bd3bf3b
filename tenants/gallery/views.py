"""The gallery in the admin: which mails there are, and each in every language, as text and in a sandboxed frame."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from contacts.models import Language
from notifications.models import OutgoingEmail
from notifications.views import mail_response
from tenants.announcements import MAIL_NAMES, STAFF_MAIL_NAMES
from tenants.gallery.samples import GROUPS, SAMPLES, mail_of
from tenants.review.views import staff

# What the mails that are about no request are called.
_OTHER_NAMES = {
    "queue_digest": gettext_lazy("What waits this morning"),
    "account_invited": gettext_lazy("Invitation, to somebody new"),
    "account_invitation": gettext_lazy("Invitation, to somebody with an account"),
    "account_activation": gettext_lazy("Activation link"),
    "account_reset": gettext_lazy("Link to set a new password"),
    "account_password_set": gettext_lazy("Password set"),
    "account_password_changed": gettext_lazy("Password changed"),
    "account_new_device": gettext_lazy("Login from a new device"),
    "account_second_factor_set_up": gettext_lazy("Second factor set up"),
    "account_second_factor_removed": gettext_lazy("Second factor removed"),
    "account_new_recovery_codes": gettext_lazy("New recovery codes"),
    "account_address_confirm": gettext_lazy("Link to confirm a new address"),
    "account_address_changed": gettext_lazy("Address changed"),
    "account_membership_ended": gettext_lazy("Access to a company ended"),
}
NAMES = MAIL_NAMES | STAFF_MAIL_NAMES | _OTHER_NAMES


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """Every mail, by who reads it."""
    _refuse_others(request)
    groups = [(title, [(template, NAMES[template]) for template in samples]) for title, samples in GROUPS]
    return _render(request, "index.html", {"title": _("Every mail"), "groups": groups, "count": len(SAMPLES)})


@require_GET
def show(request: HttpRequest, template: str) -> HttpResponse:
    """One mail in every language."""
    _refuse_others(request)
    if template not in SAMPLES:
        raise Http404
    mails = [(language, mail_of(template, language.value)) for language in Language]
    context = {"title": NAMES[template], "template": template, "mails": mails}
    return _render(request, "show.html", context)


@require_GET
def frame(request: HttpRequest, template: str, language: str) -> HttpResponse:
    """The HTML of one mail, from an address with a policy of its own; links to log in are placeholders (R42)."""
    _refuse_others(request)
    if template not in SAMPLES or language not in Language.values:
        raise Http404
    return mail_response(mail_of(template, language))


def _refuse_others(request: HttpRequest) -> None:
    if not staff(request).has_perm("notifications.view_outgoingemail"):
        raise PermissionDenied(_("You have no right to read mails. Ask a validation lead."))


def _render(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    context = admin.site.each_context(request) | {"opts": OutgoingEmail._meta} | context
    return TemplateResponse(request, f"admin/tenants/gallery/{template}", context)
