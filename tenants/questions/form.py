"""What the forms of all steps share."""

import re
from calendar import monthrange
from datetime import date
from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import HTML, Layout
from django import forms
from django.utils.dates import MONTHS
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tenants.persons import Cast


class StepForm(forms.Form):
    """One step of a request, for one customer and the one who fills it in."""

    def __init__(self, data: Any = None, *, cast: Cast, **kwargs: Any) -> None:
        self.cast = cast
        super().__init__(data, **kwargs)
        self.helper = FormHelper(self)
        self.helper.form_tag = False
        self.helper.disable_csrf = True
        self.helper.layout = Layout(*self.layout())

    def layout(self) -> list[Any]:
        return list(self.fields)

    def say(self, name: str, result: str, *, strong: str = "", text: str = "") -> None:
        """Show a finding below a field; several stand in the order in which they were said."""
        field: Any = self.fields[name]
        field.findings = [*getattr(field, "findings", ()), {"result": result, "strong": strong, "text": text}]

    def show_remarks(self, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Put each remark below its field; returns those that belong to none."""
        for row in rows:
            if row["name"] in self.fields:
                remark = row["remark"]
                said = [_("%(name)s asks: %(text)s") % {"name": remark.by, "text": remark.text}]
                if remark.suggestion:
                    said.append(_("Suggested: %(value)s") % {"value": remark.suggestion})
                self.say(row["name"], "warning", strong=said[0], text=" ".join(said[1:]))
        return [row for row in rows if row["name"] not in self.fields]

    def prefill(self, answers: dict[str, Any]) -> dict[str, Any]:
        """What the step shows before anybody answered it, given the answers to the other steps."""
        return {}


def hint(text: Any) -> HTML:
    # HTML() is read as a template: only fixed texts of ours may go in, never what somebody typed.
    return HTML(f'<p class="form-text hint">{text}</p>')


# Day, month and year with one sign between them, or the other way round.
_A_DAY = re.compile(
    r"(?P<d>[0-9]{1,2})(?P<sign>[ ./-])(?P<m>[0-9]{1,2})(?P=sign)(?P<y>[0-9]{4})"
    r"|(?P<Y>[0-9]{4})-(?P<M>[0-9]{1,2})-(?P<D>[0-9]{1,2})"
)


class DayField(forms.DateField):
    """A date typed with numbers, as it stands on a document."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            input_formats=["%d %m %Y", "%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y", "%Y-%m-%d"],
            widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off", "class": "size-s"}),
            error_messages={"invalid": gettext_lazy("Write day, month and year as numbers, such as 3 11 2026.")},
            **kwargs,
        )

    def to_python(self, value: Any) -> date | None:
        typed = " ".join(value.split()) if isinstance(value, str) else value
        try:
            day = super().to_python(typed)
        except forms.ValidationError as error:
            said = _no_such_day(str(typed))
            raise forms.ValidationError(said, code="invalid") if said else error from None
        if day and not 2000 <= day.year <= 2100:
            raise forms.ValidationError(_("Write a year from 2000 to 2100."))
        return day


def _no_such_day(typed: str) -> str:
    """What is wrong with a day that is written as one and stands in no calendar; "" for all else."""
    found = _A_DAY.fullmatch(typed)
    if found is None:
        return ""
    day, month, year = (int(found[name] or found[name.upper()]) for name in "dmy")
    if month not in MONTHS:
        return _("There is no month %(month)s: write day, month and year, such as 3 11 2026.") % {"month": month}
    if not year:
        return ""
    words = {"day": day, "month": f"{MONTHS[month]} {year}", "last": monthrange(year, month)[1]}
    return _("There is no %(day)s %(month)s: that month has %(last)s days.") % words
