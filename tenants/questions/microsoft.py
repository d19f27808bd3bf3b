"""The people whom Microsoft may write to."""

from typing import Any

from crispy_forms.layout import Column, Fieldset, Row
from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts import people
from contacts.fields import EmailField, NameField, PhoneField
from contacts.models import Language
from tenants.questions.form import StepForm, hint


class SignatoryStep(StepForm):
    """Who accepts Microsoft's agreement: no contact, Arxus does not write to them."""

    signatory_first_name = NameField(label=gettext_lazy("First name of the signatory"))
    signatory_last_name = NameField(label=gettext_lazy("Last name of the signatory"))
    signatory_email = EmailField(label=gettext_lazy("E-mail address of the signatory"))
    signatory_phone = PhoneField(label=gettext_lazy("Phone number of the signatory"))
    signatory_language = forms.ChoiceField(
        label=gettext_lazy("Language of the signatory"), choices=[("", gettext_lazy("Not chosen")), *Language.choices]
    )

    PEOPLE: tuple[str, ...] = ("signatory",)

    def layout(self) -> list[Any]:
        return [
            Fieldset(
                _("Signatory of the Microsoft Customer Agreement"),
                hint(
                    _(
                        "Without this signature Microsoft delivers nothing under the tenant. So name somebody of the"
                        " customer who may sign: Microsoft may write to them, Arxus does not."
                    )
                ),
                *_person("signatory"),
                "signatory_language",
                css_class="group",
            ),
        ]

    def clean_signatory_email(self) -> str:
        email: str = self.cleaned_data["signatory_email"]
        if any(person.own for person in self.cast.values() if person.email == email) or people.has_domain_of(
            email, self.cast.partner
        ):
            message = _("The signatory must be somebody of %(customer)s, not of %(partner)s.")
            raise forms.ValidationError(message % {"customer": self.cast.customer, "partner": self.cast.partner})
        return email

    def prefill(self, answers: dict[str, Any]) -> dict[str, Any]:
        person = self.cast.get(answers.get("contacts", {}).get("commercial") or "")
        if person is None or person.own:
            return {}
        known = {name: getattr(person, name) for name in ("first_name", "last_name", "email", "phone")}
        named = {f"{prefix}_{name}": value for prefix in self.PEOPLE for name, value in known.items()}
        return named | {"signatory_language": person.language}


class MicrosoftStep(SignatoryStep):
    """For a new tenant its primary contact as well."""

    primary_first_name = NameField(label=gettext_lazy("First name of the primary contact"))
    primary_last_name = NameField(label=gettext_lazy("Last name of the primary contact"))
    primary_email = EmailField(label=gettext_lazy("E-mail address of the primary contact"))
    primary_phone = PhoneField(label=gettext_lazy("Phone number of the primary contact"))

    PEOPLE = ("primary", "signatory")
    field_order = ["primary_first_name", "primary_last_name", "primary_email", "primary_phone"]

    def layout(self) -> list[Any]:
        return [
            Fieldset(
                _("Primary contact at Microsoft"),
                hint(
                    _(
                        "Whom Microsoft writes to about the tenant, such as notices of security and of invoices. Arxus"
                        " does not write to this person."
                    )
                ),
                *_person("primary"),
                css_class="group",
            ),
            *super().layout(),
        ]

    def clean_primary_email(self) -> str:
        email: str = self.cleaned_data["primary_email"]
        domain = people.domain_of(email)
        if domain == "microsoft.com":
            raise forms.ValidationError(_("Microsoft refuses its own addresses here. Write one of the customer."))
        if people.has_domain_of(email, self.cast.partner):
            message = _("Microsoft refuses an address of %(partner)s here. Write one of the customer.")
            raise forms.ValidationError(message % {"partner": self.cast.partner})
        return email


def _person(prefix: str) -> list[Any]:
    return [Row(Column(f"{prefix}_first_name"), Column(f"{prefix}_last_name")), f"{prefix}_email", f"{prefix}_phone"]
