"""The customer's details: kept on the customer's own page, confirmed here."""

import hashlib
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts.customer_forms import DETAILS, missing_details
from contacts.models import Company
from tenants.questions.form import StepForm


def details_fingerprint(company: Company) -> str:
    """Changes when a detail that goes to Microsoft changes."""
    values = [str(getattr(company, name)) for name in DETAILS]
    return hashlib.sha256("\0".join(values).encode()).hexdigest()[:16]


class CustomerStep(StepForm):
    """The customer's own page holds the details; here somebody says, per request, that they are right."""

    confirmed = forms.CharField(
        label="",
        widget=forms.HiddenInput,
        error_messages={"required": gettext_lazy("Read the details, and say that they are right.")},
    )

    def clean(self) -> dict[str, Any]:
        for _field, label, sentence in missing_details(self.cast.customer):
            self.add_error(None, f"{label}: {sentence}")
        if self.cleaned_data.get("confirmed") not in (None, details_fingerprint(self.cast.customer)):
            self.add_error(None, _("These details were changed since you looked at them. Read them once more."))
        return self.cleaned_data

    def prefill(self, answers: dict[str, Any]) -> dict[str, Any]:
        return {"confirmed": details_fingerprint(self.cast.customer)}
