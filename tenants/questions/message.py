"""What else the partner has to say."""

from datetime import date
from typing import Any

from crispy_forms.layout import Fieldset
from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tenants.questions.form import DayField, StepForm
from tenants.words import WordsField


class MessageStep(StepForm):
    reference = WordsField(
        label=gettext_lazy("Your own reference (optional)"),
        max_length=60,
        required=False,
        help_text=gettext_lazy("Printed in every mail about this request."),
    )
    wanted_by = DayField(
        label=gettext_lazy("Wanted by (optional)"), required=False, help_text=gettext_lazy("For example 4 12 2026.")
    )
    message = WordsField(
        label=gettext_lazy("Message to Arxus (optional)"),
        max_length=1000,
        required=False,
        help_text=gettext_lazy("1,000 characters at most. It also stands in the confirmation that the contacts get."),
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    def layout(self) -> list[Any]:
        return [Fieldset(_("What else should Arxus know?"), "reference", "wanted_by", "message", css_class="group")]

    def clean_wanted_by(self) -> date | None:
        day: date | None = self.cleaned_data["wanted_by"]
        if day and day < self.cast.day:
            raise forms.ValidationError(_("This day is over. Write a later one, or leave it empty."))
        return day
