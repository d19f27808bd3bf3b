"""Mails to a person about their own account: a link, a changed password, a second factor, a new device."""

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext

from contacts.models import User
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
    return compose(
        template,
        to_email=to_email or user.email,
        to_name=user.get_full_name(),
        language=user.language,
        context={"user": user, "now": timezone.localtime(), "company": membership and membership.company}
        | (context or {}),
        about=f"account:{user.pk}",
        facts={"account": user.pk} | (facts or {}),
    )


def withhold(mail: OutgoingEmail) -> str | None:
    """Why a mail to a user must not leave (T09); a guard of the outbox."""
    if "account" in mail.facts and not User.objects.filter(pk=mail.facts["account"], is_active=True).exists():
        return gettext("The account may no longer log in.")
    return None
