"""Who wrote what, and for which company (R05): lines that staff read under "History" in the admin."""

from collections.abc import Iterable
from datetime import datetime

from django import forms
from django.contrib.admin.models import ADDITION, CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model, Q
from django.utils.translation import gettext as _

from contacts.acting import Acting
from contacts.fields import plain_label
from contacts.models import Company, User


def added(acting: Acting, row: Model) -> None:
    _write(acting.user, acting.company, row, ADDITION, _("Added."))


def changed(acting: Acting, row: Model, form: forms.BaseForm) -> None:
    """Name the fields that changed, not what stands in them: this is a trail, no second copy of people's data."""
    labels = ", ".join(
        plain_label(form.fields[name].label or name) for name in form.changed_data if name in form.fields
    )
    if labels:
        _write(acting.user, acting.company, row, CHANGE, _("Changed: %(fields)s.") % {"fields": labels})


def noted(acting: Acting, row: Model, sentence: str) -> None:
    _write(acting.user, acting.company, row, CHANGE, sentence)


def noted_by(by: User, company: Company, row: Model, sentence: str) -> None:
    """The same of whoever works for no company, such as Arxus staff."""
    _write(by, company, row, CHANGE, sentence)


def wrote(by: User, company: Company, sentence: str) -> None:
    """A line of the company itself: about those who work there."""
    _write(by, company, company, CHANGE, sentence)


def only_writer(rows: Iterable[Model], *, since: datetime, about: str = "") -> User | None:
    """Who wrote to one of these rows since then, in a line that names `about`; None where that was not one person."""
    of = Q(pk=None)
    for row in rows:
        of |= Q(content_type=ContentType.objects.get_for_model(row), object_id=str(row.pk))
    lines = LogEntry.objects.filter(of, action_time__gt=since, change_message__contains=about).select_related("user")
    writers = {line.user_id: line.user for line in lines[:50]}
    return next(iter(writers.values())) if len(writers) == 1 else None


def _write(by: User, company: Company, row: Model, flag: int, sentence: str) -> None:
    message = _("For %(company)s. %(sentence)s") % {"company": company, "sentence": sentence}
    LogEntry.objects.log_actions(by.pk, [row], flag, change_message=message, single_object=True)
