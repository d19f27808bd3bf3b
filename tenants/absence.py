"""Who of Arxus is away, and until which day: no work comes to them, and what they have is free for all."""

from datetime import date

from django.contrib.admin.models import CHANGE, LogEntry
from django.db import transaction
from django.db.models import Q
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from contacts.models import User
from tenants import working_days
from tenants.transitions import TransitionRefused


def is_away(user: User) -> bool:
    """Whether somebody is not back yet; `away_until` is the day on which they are."""
    return user.away_until is not None and user.away_until > working_days.today()


def away(prefix: str = "") -> Q:
    """The same, asked of the database; `prefix` leads to the person."""
    return Q(**{f"{prefix}away_until__gt": working_days.today()})


def set_until(user: User, day: date | None, *, by: User) -> None:
    """Say on which day somebody is back, or that they are here: staff of themselves, leads of anybody."""
    if by != user and not by.has_perm("tenants.hand_over_tenantrequest"):
        raise TransitionRefused(_("Only a validation lead says this of somebody else."), "permission")
    said = _("Here again.") if day is None else _("Away until %(day)s.") % {"day": date_format(day, "j F Y")}
    with transaction.atomic():
        User.objects.filter(pk=user.pk).update(away_until=day)
        LogEntry.objects.log_actions(by.pk, [user], CHANGE, change_message=said, single_object=True)
    user.away_until = day
