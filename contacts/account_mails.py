"""Mails to a person about their own account: a link, a changed password, a second factor, a new device."""

from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext

from contacts.models import Company, User
from notifications.models import OutgoingEmail
from notifications.outbox import Mail
from notifications.rendering import compose


def account_mail(
    template: str,
    user: User,
    *,
    to_email: str = "",
    context: dict[str, Any] | None = None,
    facts: dict[str, Any] | None = None,
) -> Mail:
    """Compose a mail to the user, or to another address of theirs, in their language."""
    membership = user.memberships.select_related("company__partner").first()
    company = membership.company if membership else None
    return mail_about_account(template, user, company, to_email=to_email, context=context, facts=facts)


def mail_about_account(
    template: str,
    user: User,
    company: Company | None,
    *,
    to_email: str = "",
    context: dict[str, Any] | None = None,
    facts: dict[str, Any] | None = None,
) -> Mail:
    """The same, of the company that the caller knows."""
    return compose(
        template,
        to_email=to_email or user.email,
        to_name=user.get_full_name(),
        language=user.language,
        context={"user": user, "now": timezone.localtime(), "company": company, "desk_phone": desk_phone()}
        | (context or {}),
        about=f"account:{user.pk}",
        facts={"account": user.pk} | (facts or {}),
    )


def desk_phone() -> str:
    """Where the service desk is called, in one piece."""
    return settings.SERVICE_DESK_PHONE.replace(" ", "\u00a0")


def withhold(mail: OutgoingEmail) -> str | None:
    """Why a mail to a user must not leave (T09); a guard of the outbox."""
    if "account" in mail.facts and not User.objects.filter(pk=mail.facts["account"], is_active=True).exists():
        return gettext("The account may no longer log in.")
    return None
