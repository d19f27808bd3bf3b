"""The small forms of the review page."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django import forms
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts.fields import TextField
from tenants import working_days
from tenants.models import Check
from tenants.questions import DayField
from tenants.review.decision_forms import helper
from tenants.words import WordsField, refuse_password


class OverrideForm(forms.Form):
    reason = WordsField(
        label=gettext_lazy("Why may the request go on?"),
        max_length=500,
        help_text=gettext_lazy("Colleagues read this in the history; partners do not."),
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": gettext_lazy("Write the reason.")},
    )

    def __init__(self, data: Mapping[str, Any] | None, initial: dict[str, Any] | None = None) -> None:
        super().__init__(data, initial=initial)
        self.helper = helper(self)


class SettleForm(forms.Form):
    reason = WordsField(
        label=gettext_lazy("How is it settled?"),
        max_length=1000,
        addresses=False,
        help_text=gettext_lazy("Whoever objected reads this as you type it; so do colleagues, in the history."),
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": gettext_lazy("Write how it is settled: whoever objected has to know.")},
    )

    def __init__(self, data: Mapping[str, Any] | None, initial: dict[str, Any] | None = None) -> None:
        super().__init__(data, initial=initial)
        self.helper = helper(self)


class AskedForm(forms.Form):
    asked_on = DayField(
        label=gettext_lazy("Asked for on"),
        help_text=gettext_lazy("For example 23 11 2026."),
    )
    case_number = WordsField(
        label=gettext_lazy("Case number"),
        max_length=40,
        help_text=gettext_lazy("The case in ServiceNow, such as CS0041873."),
        error_messages={"required": gettext_lazy("Write the number of the case.")},
    )

    def __init__(self, data: Mapping[str, Any] | None, *, check: Check, initial: dict[str, Any] | None = None) -> None:
        on = check.asked_on or working_days.today()
        kept = {"asked_on": f"{on:%d %m %Y}", "case_number": check.case_number}
        super().__init__(data, initial=kept | (initial or {}))
        self.fields["asked_on"].error_messages["required"] = _("Write the day on which it was asked for.")
        self.helper = helper(self)

    def clean_asked_on(self) -> date:
        day: date = self.cleaned_data["asked_on"]
        if day > working_days.today():
            raise forms.ValidationError(_("This day is still to come."))
        return day


class AcceptedForm(forms.Form):
    accepted_on = DayField(label=gettext_lazy("Accepted on"))

    def __init__(
        self,
        data: Mapping[str, Any] | None,
        *,
        sent: date,
        on: date | None = None,
        initial: dict[str, Any] | None = None,
    ) -> None:
        self.sent = sent
        day, today = f"{on or working_days.today():%d %m %Y}", working_days.today()
        super().__init__(data, initial={"accepted_on": day} | (initial or {}))
        hint = _("As the Partner Center shows it, for example %(day)s.")
        self.fields["accepted_on"].help_text = hint % {"day": f"{today.day} {today.month} {today.year}"}
        self.fields["accepted_on"].error_messages["required"] = _("Write the day on which it was accepted.")
        self.helper = helper(self)

    def clean_accepted_on(self) -> date:
        day: date = self.cleaned_data["accepted_on"]
        if day > working_days.today():
            raise forms.ValidationError(_("This day is still to come."))
        if day < self.sent:
            sentence = _("The request was sent on %(day)s only: the agreement was accepted on that day or later.")
            raise forms.ValidationError(sentence % {"day": date_format(self.sent, "j F Y")})
        return day


class HandOverForm(forms.Form):
    first_login = TextField(
        label=gettext_lazy("How was the first Microsoft administrator login handed over?"),
        max_length=255,
        help_text=gettext_lazy("To whom and by which way. Write no password here."),
        error_messages={"required": gettext_lazy("Write to whom it was handed over, and how.")},
    )

    def __init__(self, data: Mapping[str, Any] | None, initial: dict[str, Any]) -> None:
        super().__init__(data, initial=initial)
        self.helper = helper(self)

    def clean_first_login(self) -> str:
        text: str = self.cleaned_data["first_login"]
        refuse_password(text, anywhere=True)
        return text
