"""The mails, for staff: to read, and to send one again. Nobody writes, changes or deletes one here."""

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
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from notifications.folding import fold, folded
from notifications.models import MailServer, OutgoingEmail
from notifications.outbox import UNFINISHED, ResendRefused, resend
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
            return gettext("Waiting: tried {times} times").format(times=mail.attempts)
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
                again = resend(mail, request.user)
                self.log_change(request, mail, f"Sent again as {again.pk}")
        except ResendRefused as refused:
            self.message_user(request, str(refused), messages.WARNING)
            return HttpResponseRedirect(reverse("admin:notifications_outgoingemail_change", args=[mail.pk]))
        said = gettext("The mail to {email} leaves again in a few seconds.").format(email=again.to_email)
        self.message_user(request, said, messages.SUCCESS)
        return HttpResponseRedirect(reverse("admin:notifications_outgoingemail_change", args=[again.pk]))

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
        return super().render_change_form(request, context, *args, **options)
