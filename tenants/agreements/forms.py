"""The form in which a signed agreement is given: a known one, a PDF, or the statement that the partner keeps it."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Column, Fieldset, Layout, Row
from django import forms
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts.fields import TextField
from contacts.models import Company
from tenants import summary, working_days
from tenants.agreements import documents, keeping
from tenants.agreements.keeping import Given
from tenants.models import Agreement
from tenants.questions import DayField

UPLOAD, KEPT = "upload", "kept"


class AgreementForm(forms.Form):
    """`known` are those that can be chosen again; `instead_of` the one that is to be replaced.

    After `is_valid()`, `chosen` is a known agreement, or None and `given` what was typed.
    """

    agreement = forms.ChoiceField(label=gettext_lazy("The signed agreement"), widget=forms.RadioSelect, required=False)
    agreement_reference = TextField(
        label=gettext_lazy("Reference"),
        max_length=100,
        required=False,
        help_text=gettext_lazy("Under which you keep the document."),
    )
    agreement_signed_on = DayField(
        label=gettext_lazy("Signed on"), required=False, help_text=gettext_lazy("For example 3 11 2026.")
    )
    agreement_ends_on = DayField(
        label=gettext_lazy("Valid until (optional)"),
        required=False,
        help_text=gettext_lazy("Empty where the agreement names no last day. Until then it can be used again."),
    )
    agreement_file = forms.FileField(
        label=gettext_lazy("The signed document"),
        required=False,
        allow_empty_file=True,
        max_length=None,
        widget=forms.FileInput(attrs={"accept": ".pdf,application/pdf"}),
    )
    FIELDS = (
        "agreement",
        "agreement_reference",
        "agreement_signed_on",
        "agreement_ends_on",
        "agreement_file",
    )

    chosen: Agreement | None = None
    given: Given | None = None

    def __init__(
        self, data: Any = None, files: Any = None, *, customer: Company, known: Iterable[Agreement] = (), **options: Any
    ) -> None:
        self.instead_of: Agreement | None = options.pop("instead_of", None)
        super().__init__(data, files, **options)
        self.customer = customer
        self.known = {str(row.public_id): row for row in known}
        choices = [(key, words(row)) for key, row in self.known.items()]
        choices += [
            (UPLOAD, _("Upload the signed document as a PDF") if not choices else _("Another one: upload it as a PDF")),
            (KEPT, _("You keep the document: state its reference and date")),
        ]
        field = self.fields["agreement"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 – declared so above
        field.choices = choices
        field.error_messages["invalid_choice"] = _("This agreement can no longer be used. Choose another one.")
        most = {"most": settings.AGREEMENT_MB}
        self.fields["agreement_file"].help_text = _("Only for an upload. A PDF, %(most)s MB at most.") % most
        self.helper = FormHelper(self)
        self.helper.form_tag = False
        self.helper.disable_csrf = True
        self.helper.layout = Layout(*self.agreement_layout())

    def agreement_layout(self) -> list[Any]:
        return [
            Fieldset("", "agreement", css_class="group group--one"),
            Fieldset(
                _("A new agreement") if self.known else _("What the agreement is"),
                Row(Column("agreement_reference"), Column("agreement_signed_on")),
                "agreement_ends_on",
                "agreement_file",
                css_class="group agreement-new",
            ),
        ]

    def clean_agreement_signed_on(self) -> date | None:
        day: date | None = self.cleaned_data["agreement_signed_on"]
        if day and day > working_days.today():
            raise forms.ValidationError(_("This day is still to come. Write the day on which it was signed."))
        return day

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if "agreement" in self.fields and "agreement" not in self.errors:
            self._clean_agreement(data.get("agreement") or self._meant(data))
        return data

    def _meant(self, data: dict[str, Any]) -> str:
        """Which of the two, where nobody said: whoever chose a file uploads, whoever wrote a reference keeps it."""
        if data.get("agreement_file"):
            return UPLOAD
        return KEPT if data.get("agreement_reference") or data.get("agreement_signed_on") else ""

    def _clean_agreement(self, choice: str) -> None:
        if not choice:
            self.add_error("agreement", _("Choose one: upload the agreement, or state that you keep it."))
        elif choice in self.known:
            self.chosen = self.known[choice]
            for name in self.FIELDS[1:]:
                self.errors.pop(name, None)
        else:
            self._clean_new(choice)

    def _clean_new(self, choice: str) -> None:
        reference, signed_on, ends_on, file = (self.cleaned_data.get(name) for name in self.FIELDS[1:])
        if not reference and not self.has_error("agreement_reference"):
            self.add_error("agreement_reference", _("Write the reference under which you keep it."))
        if not signed_on and not self.has_error("agreement_signed_on"):
            self.add_error("agreement_signed_on", _("Write the day on which it was signed, such as 3 11 2026."))
        self._clean_end(signed_on, ends_on)
        if reference and signed_on and self._is_known(reference, signed_on, ends_on, choice):
            return
        document = self._document(file) if choice == UPLOAD else None
        if choice == KEPT and file:
            self.add_error("agreement", _("You chose a file too: say that you upload it, or leave the file out."))
        if reference and signed_on and not any(name in self.errors for name in self.FIELDS):
            self.given = Given(reference, signed_on, ends_on, document)

    def _clean_end(self, signed_on: date | None, ends_on: date | None) -> None:
        if ends_on and ends_on < working_days.today():
            self.add_error("agreement_ends_on", _("This agreement is over. Give one that is still valid."))
        elif ends_on and signed_on and ends_on < signed_on:
            self.add_error("agreement_ends_on", _("This is before the day on which it was signed."))

    def _is_known(self, reference: str, signed_on: date, ends_on: date | None, choice: str) -> bool:
        """Whether the customer has it already: stated once more it is the same one; another file is a newer one."""
        rows = Agreement.objects.filter(company=self.customer, retired_at=None)
        if self.instead_of:
            rows = rows.exclude(pk=self.instead_of.pk)
        known = rows.filter(reference=reference, signed_on=signed_on).first()
        if known is None:
            return False
        if choice == KEPT and known.ends_on == ends_on and str(known.public_id) in self.known:
            self.chosen = known
        else:
            self.add_error("agreement_reference", keeping.twice(reference, signed_on))
        return True

    def _document(self, file: Any) -> documents.Document | None:
        if file is None:
            self.add_error("agreement_file", _("Choose the file."))
            return None
        try:
            document = documents.judge(file)
        except forms.ValidationError as error:
            self.add_error("agreement_file", error)
            return None
        if any(name in self.errors for name in self.FIELDS):
            sentence = _("The file is good, but could not be kept: correct the rest, and choose it again.")
            self.add_error("agreement_file", sentence)
            return None
        return document


def words(agreement: Agreement) -> str:
    """An agreement in one line: its reference and date, who has the document, until when."""
    how = _("uploaded") if agreement.uploaded else _("kept by you")
    named = {"reference": agreement.reference, "day": summary.day(agreement.signed_on), "how": how}
    said = _("%(reference)s of %(day)s, %(how)s") % named
    if agreement.ends_on:
        said += ", " + _("valid until %(day)s") % {"day": summary.day(agreement.ends_on)}
    return said
