"""The new tenant: its name, its first login, what Microsoft has to know of it."""

import re
from typing import Any

from crispy_forms.bootstrap import AppendedText
from crispy_forms.layout import Div, Fieldset
from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts.fields import EmailField, NameField, PhoneField
from contacts.models import Company
from tenants.questions.form import StepForm, hint

TENANT_NAME = re.compile(r"[a-z][a-z0-9]{2,26}")
SUFFIX = ".onmicrosoft.com"


class TenantStep(StepForm):
    tenant_name = forms.CharField(
        label=gettext_lazy("Tenant name"),
        max_length=255,
        error_messages={"required": gettext_lazy("Write the name that the tenant gets.")},
        help_text=gettext_lazy(
            "3 to 27 letters and digits, starting with a letter. It is permanent: everyone in the company will see it,"
            " and nobody can change it once the tenant exists."
        ),
    )
    second_choice = forms.CharField(
        label=gettext_lazy("Second choice (optional)"),
        max_length=255,
        required=False,
        help_text=gettext_lazy("Used only if the first name is taken, after we have told you."),
    )
    login_name = NameField(label=gettext_lazy("Name"), max_length=101)
    login_email = EmailField(label=gettext_lazy("E-mail address"))
    login_phone = PhoneField(
        label=gettext_lazy("Phone number"),
        error_messages={
            "required": gettext_lazy("Enter the number where Arxus can reach this person, such as +32 470 00 00 00.")
        },
    )
    delegated = forms.ChoiceField(
        label=gettext_lazy("May your company administer it for the customer?"),
        help_text=gettext_lazy(
            "Microsoft calls this delegated administration. The customer can give it or take it back later."
        ),
        choices=[("yes", gettext_lazy("Yes")), ("no", gettext_lazy("No"))],
        widget=forms.RadioSelect,
    )
    special_status = forms.ChoiceField(
        label=gettext_lazy("Does the customer have a special status at Microsoft?"),
        choices=[
            ("none", gettext_lazy("None")),
            ("education", gettext_lazy("Education: this can never be undone")),
            ("charity", gettext_lazy("Charity")),
        ],
        widget=forms.RadioSelect,
    )

    def layout(self) -> list[Any]:
        return [
            Fieldset(
                _("How should it be called?"),
                AppendedText("tenant_name", SUFFIX),
                AppendedText("second_choice", SUFFIX),
                css_class="group",
            ),
            Fieldset(
                _("Who receives the first Microsoft administrator login?"),
                hint(_("Arxus hands it over by telephone, never by mail.")),
                "login_name",
                "login_email",
                "login_phone",
                css_class="group",
            ),
            Div("delegated", css_class="group group--one"),
            Div("special_status", css_class="group group--one"),
        ]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Nobody learns here whether another partner wants the same name (R23): everyone always reads this.
        self.say("tenant_name", "info", text=_("Arxus checks whether this name is free."))

    def clean_tenant_name(self) -> str:
        return clean_tenant_name(self.cleaned_data["tenant_name"])

    def clean_second_choice(self) -> str:
        typed = self.cleaned_data["second_choice"]
        return clean_tenant_name(typed) if typed else ""

    def clean_login_email(self) -> str:
        """Arxus hands the login over itself, so not to somebody at a customer that does not know Arxus (R14)."""
        email: str = self.cleaned_data["login_email"]
        customer, partner = self.cast.customer, self.cast.partner
        if customer.relation == Company.Relation.VAP and not self.cast.is_partners(email):
            sentence = _("%(customer)s does not know Arxus: write somebody of %(partner)s, who passes the login on.")
            raise forms.ValidationError(sentence % {"customer": customer, "partner": partner})
        return email

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        if data.get("second_choice") and data["second_choice"] == data.get("tenant_name"):
            self.add_error("second_choice", _("This is the first name again. Write another one, or leave it empty."))
        return data

    def prefill(self, answers: dict[str, Any]) -> dict[str, Any]:
        person = self.cast.get(answers.get("contacts", {}).get("technical") or "")
        if person is None:
            return {"special_status": "none"}
        return {
            "special_status": "none",
            "login_name": person.name,
            "login_email": person.email,
            "login_phone": person.phone,
        }


def clean_tenant_name(typed: str) -> str:
    """R24: bring a wanted name into its form, or say what to leave out."""
    name = typed.strip().lower().removesuffix(SUFFIX)
    if TENANT_NAME.fullmatch(name):
        return name
    possible = re.sub(r"^[^a-z]+|[^a-z0-9]", "", name)[:27]
    if possible != name and TENANT_NAME.fullmatch(possible) and re.sub(r"[a-z0-9]", "", name, flags=re.ASCII) == "-":
        raise forms.ValidationError(_("Leave out the hyphen: “%(name)s” is possible.") % {"name": possible})
    if len(name) > 27:
        raise forms.ValidationError(_("Use 27 letters and digits at most; this name has %(n)s.") % {"n": len(name)})
    if possible != name and TENANT_NAME.fullmatch(possible):
        message = _("Use only letters a to z and digits, starting with a letter: “%(name)s” is possible.")
        raise forms.ValidationError(message % {"name": possible})
    raise forms.ValidationError(_("Use 3 to 27 letters a to z and digits, starting with a letter."))
