"""The mails, for staff: to read, to send one again, to say that one came back. Nobody changes or deletes one here."""

import re
from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Value
from django.db.models.functions import Concat, Replace, Upper
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from notifications.folding import fold, folded
from notifications.models import UNFINISHED, MailServer, OutgoingEmail
from notifications.outbox import ResendRefused, came_back, came_back_at, not_back, send_again
from notifications.views import mail_response

RESEND = "notifications.resend_outgoingemail"


@admin.register(OutgoingEmail)
class OutgoingEmailAdmin(admin.ModelAdmin):
    list_display = ("subject", "reader", "fate", "created_at", "sent_at", "template")
    list_filter = ("state", "template", "language")
    search_fields = ("to_email", "words", "about")
    search_help_text = _("A reader’s name or address, words of the subject, or the number of a request")
    show_full_result_count = False
    list_per_page = 50
    fieldsets = (
        (None, {"fields": ("subject", "reader", "language", "fate", "outcome")}),
        (_("When"), {"fields": ("created_at", "due_at", "sent_at", "attempts", "maybe_duplicates")}),
        (_("What for"), {"fields": ("template", "about")}),
        (_("As its reader sees it"), {"fields": ("shown", "plain")}),
    )
    readonly_fields = ("shown", "plain", "reader", "fate")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description=_("to"), ordering="to_email")
    def reader(self, mail: OutgoingEmail) -> str:
        return f"{mail.to_name} <{mail.to_email}>" if mail.to_name else mail.to_email

    @admin.display(description=_("what became of it"), ordering="state")
    def fate(self, mail: OutgoingEmail) -> str:
        if mail.state == OutgoingEmail.State.WAITING and mail.attempts:
            said = ngettext("Waiting: tried {times} time", "Waiting: tried {times} times", mail.attempts)
            return said.format(times=mail.attempts)
        return mail.get_state_display()

    @admin.display(description=_("HTML"))
    def shown(self, mail: OutgoingEmail) -> str:
        address = reverse("admin:notifications_outgoingemail_body", args=[mail.pk])
        return format_html(
            '<iframe class="mail-frame" sandbox src="{}" title="{}" width="640" height="720"></iframe>',
            address,
            gettext("The mail as its reader sees it"),
        )

    @admin.display(description=_("text"))
    def plain(self, mail: OutgoingEmail) -> str:
        return format_html('<pre class="mail-text">{}</pre>', mail.text)

    def get_queryset(self, request: HttpRequest) -> Any:
        words = folded(Concat("to_name", Value(" "), "subject"))
        return super().get_queryset(request).defer("text", "html").annotate(words=words)

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        """With or without accents; a number in the subject however it is typed."""
        found, spawns = super().get_search_results(request, queryset, fold(search_term))
        number = re.sub(r"[^0-9A-Za-z]", "", search_term).upper()
        if any(char.isdigit() for char in number):
            plain = Replace(Replace(Upper("subject"), Value("-")), Value(" "))
            found |= queryset.annotate(plain=plain).filter(plain__contains=number)
        return found, spawns

    def get_urls(self) -> list[URLPattern]:
        own = [
            path(
                "<uuid:pk>/body/", self.admin_site.admin_view(self.body_view), name="notifications_outgoingemail_body"
            ),
            path(
                "<uuid:pk>/again/",
                self.admin_site.admin_view(require_POST(self.again_view)),
                name="notifications_outgoingemail_again",
            ),
        ]
        for name, view in (("back", self.came_back_view), ("not-back", require_POST(self.not_back_view))):
            route, named = f"<uuid:pk>/{name}/", f"notifications_outgoingemail_{name.replace('-', '_')}"
            own.append(path(route, self.admin_site.admin_view(view), name=named))
        return own + super().get_urls()

    def body_view(self, request: HttpRequest, pk: Any) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        return mail_response(get_object_or_404(OutgoingEmail, pk=pk))

    def again_view(self, request: HttpRequest, pk: Any) -> HttpResponse:
        mail = get_object_or_404(OutgoingEmail, pk=pk)
        if not (isinstance(request.user, AbstractBaseUser) and request.user.has_perm(RESEND)):
            raise PermissionDenied
        try:
            with transaction.atomic():
                again = send_again(mail, request.user)
                self.log_change(request, mail, f"Sent again as {again.pk}")
        except ResendRefused as refused:
            self.message_user(request, str(refused), messages.WARNING)
            return HttpResponseRedirect(reverse("admin:notifications_outgoingemail_change", args=[mail.pk]))
        said = gettext("The mail to {email} leaves again in a few seconds.").format(email=again.to_email)
        self.message_user(request, said, messages.SUCCESS)
        return HttpResponseRedirect(reverse("admin:notifications_outgoingemail_change", args=[again.pk]))

    def came_back_view(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """A bounce that reached the service desk, of a mail that has no page of its own: invitations, new passwords."""
        mail = self._to_mark(request, pk)
        if elsewhere := came_back_at(mail):
            return HttpResponseRedirect(elsewhere)
        if request.method != "POST":
            context = self.admin_site.each_context(request) | {"opts": self.opts, "mail": mail}
            context["title"] = gettext("A mail came back")
            return TemplateResponse(request, "admin/notifications/outgoingemail/came_back.html", context)
        words = gettext("Written down by {name}, Arxus.").format(name=request.user)
        done = came_back(mail, words)
        refused = gettext("Only a mail that their server accepted can come back.")
        return self._marked(request, mail, "Came back", gettext("Written down.") if done else "", refused)

    def not_back_view(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """It was a mistake."""
        mail = self._to_mark(request, pk)
        words = gettext("Accepted; that it came back was a mistake of {name}’s.").format(name=request.user)
        done = not came_back_at(mail) and not_back(mail, words)
        said = gettext("Taken back: the mail counts as accepted again.") if done else ""
        refused = gettext("Nobody wrote down that this mail came back.")
        return self._marked(request, mail, "Did not come back", said, refused)

    def _to_mark(self, request: HttpRequest, pk: Any) -> OutgoingEmail:
        if not (isinstance(request.user, AbstractBaseUser) and request.user.has_perm(RESEND)):
            raise PermissionDenied
        return get_object_or_404(OutgoingEmail, pk=pk)

    def _marked(self, request: HttpRequest, mail: OutgoingEmail, line: str, said: str, refused: str) -> HttpResponse:
        if said:
            self.log_change(request, mail, line)
        self.message_user(request, said or refused, messages.SUCCESS if said else messages.WARNING)
        return HttpResponseRedirect(reverse("admin:notifications_outgoingemail_change", args=[mail.pk]))

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if server := MailServer.objects.filter(paused_until__isnull=False).first():
            said = gettext("No mail leaves: the mail server cannot be used. It said: {words}").format(
                words=server.words
            )
            self.message_user(request, said, messages.ERROR)
        return super().changelist_view(request, extra_context)

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **options: Any) -> HttpResponse:
        mail = options.get("obj")
        context["may_send_again"] = mail and mail.state not in UNFINISHED and request.user.has_perm(RESEND)
        if mail and request.user.has_perm(RESEND):
            elsewhere, state = came_back_at(mail), OutgoingEmail.State(mail.state)
            here = reverse("admin:notifications_outgoingemail_back", args=[mail.pk])
            context["came_back_at"] = (elsewhere or here) if state == OutgoingEmail.State.ACCEPTED else ""
            context["may_take_back"] = state == OutgoingEmail.State.BOUNCED and not elsewhere
        return super().render_change_form(request, context, *args, **options)
