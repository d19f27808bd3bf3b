"""The questions of a request: one form a step. Sending, the completeness check and the review page read these too.

A form is fed with what was typed (`answers[step]`), so that its errors are the list of what a step still lacks.
"""

import hashlib
import re
from datetime import date
from typing import Any

from crispy_forms.bootstrap import AppendedText
from crispy_forms.helper import FormHelper
from crispy_forms.layout import HTML, Column, Div, Fieldset, Layout, Row
from django import forms
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts import people
from contacts.fields import EmailField, NameField, PhoneField, TextField
from contacts.forms import missing_details
from contacts.models import Company, Language
from tenants import directory
from tenants.persons import Cast, Person

TENANT_NAME = re.compile(r"[a-z][a-z0-9]{2,26}")
SUFFIX = ".onmicrosoft.com"


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
        day = super().to_python(" ".join(value.split()) if isinstance(value, str) else value)
        if day and not 2000 <= day.year <= 2100:
            raise forms.ValidationError(_("Write a year from 2000 to 2100."))
        return day


def _hint(text: Any) -> HTML:
    # HTML() is read as a template: only fixed texts of ours may go in, never what somebody typed.
    return HTML(f'<p class="form-text">{text}</p>')


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

    def show_remarks(self, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Put each remark below its field; returns those that belong to none."""
        for row in rows:
            if row["name"] in self.fields:
                remark = row["remark"]
                said = [_("%(name)s asks: %(text)s") % {"name": remark.by, "text": remark.text}]
                if remark.suggestion:
                    said.append(_("Suggested: %(value)s") % {"value": remark.suggestion})
                finding = {"result": "warning", "strong": said[0], "text": " ".join(said[1:])}
                self.fields[row["name"]].finding = finding  # type: ignore[attr-defined]  # drawn below it
        return [row for row in rows if row["name"] not in self.fields]

    def prefill(self, answers: dict[str, Any]) -> dict[str, Any]:
        """What the step shows before anybody answered it, given the answers to the other steps."""
        return {}


def details_fingerprint(company: Company) -> str:
    """Changes when a detail that goes to Microsoft changes."""
    values = [str(getattr(company, name)) for name in CUSTOMER_FIELDS]
    return hashlib.sha256("\0".join(values).encode()).hexdigest()[:16]


CUSTOMER_FIELDS = (
    "country",
    "enterprise_number",
    "legal_name",
    "street",
    "box",
    "postal_code",
    "town",
    "phone",
    "industry",
    "microsoft_language",
    "relation",
    "email_domains",
)


class CustomerStep(StepForm):
    """The customer's own page holds the details; here somebody says, per request, that they are right."""

    confirmed = forms.CharField(widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        for _field, label, sentence in missing_details(self.cast.customer):
            self.add_error(None, f"{label}: {sentence}")
        if self.cleaned_data.get("confirmed") not in (None, details_fingerprint(self.cast.customer)):
            self.add_error(None, _("These details were changed since you looked at them. Read them once more."))
        return self.cleaned_data

    def prefill(self, answers: dict[str, Any]) -> dict[str, Any]:
        return {"confirmed": details_fingerprint(self.cast.customer)}


class ContactsStep(StepForm):
    technical = forms.ChoiceField(
        label=gettext_lazy("Technical contact"), error_messages={"required": gettext_lazy("Choose a person.")}
    )
    commercial = forms.ChoiceField(
        label=gettext_lazy("Commercial contact"), error_messages={"required": gettext_lazy("Choose a person.")}
    )
    authority = forms.ChoiceField(
        label=gettext_lazy("On what ground may the commercial contact sign?"),
        choices=[
            ("director", gettext_lazy("Director, named as such in the Crossroads Bank for Enterprises")),
            ("mandate", gettext_lazy("Mandate, of which you give reference and date")),
            ("other", gettext_lazy("Another ground, which you describe in one sentence")),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose on what ground this person may sign.")},
    )
    authority_reference = TextField(
        label=gettext_lazy("Reference of the mandate, or the other ground"),
        max_length=200,
        required=False,
        help_text=gettext_lazy("As it stands on the document. A director needs none."),
    )
    authority_date = DayField(
        label=gettext_lazy("Date of the mandate"), required=False, help_text=gettext_lazy("For example 3 11 2026.")
    )
    dpo = forms.ChoiceField(label=gettext_lazy("Data protection officer (optional)"), required=False)
    watchlist = forms.ChoiceField(label=gettext_lazy("Kept informed (optional)"), required=False)
    security = forms.ChoiceField(label=gettext_lazy("Called for security incidents (optional)"), required=False)

    ROLES = ("technical", "commercial", "dpo", "watchlist", "security")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for role in self.ROLES:
            field = self.fields[role]
            assert isinstance(field, forms.ChoiceField)  # noqa: S101 – declared so above
            field.choices = self.cast.choices()
            field.error_messages["invalid_choice"] = _("This person can no longer be chosen. Choose another one.")

    def layout(self) -> list[Any]:
        return [
            Fieldset(
                _("Who handles incidents?"),
                _hint(_("Handles incidents, and gets access to the Arxus portal when the tenant is ready.")),
                "technical",
                css_class="group",
            ),
            Fieldset(
                _("Who may sign?"),
                _hint(
                    _("Can bind the customer. We ask on what ground, because Microsoft’s agreement rests on it.")
                    if self.cast.customer.relation == Company.Relation.RESELLER
                    else _("Can bind your company for this customer. We ask on what ground.")
                ),
                "commercial",
                "authority",
                Row(Column("authority_reference"), Column("authority_date")),
                css_class="group",
            ),
            Fieldset(
                _("Others (optional)"),
                _hint(_("They are told that they were named, and as what, when the tenant is ready.")),
                "dpo",
                "watchlist",
                "security",
                css_class="group",
            ),
        ]

    def show_findings(self) -> None:
        """Say beside each contact who handles incidents what the ServiceNow directory knows (R10)."""
        for role in settings.SERVICENOW_ROLES:
            if person := self.cast.get(self[role].value() or ""):
                self.fields[role].finding = directory.advice(person.email)  # type: ignore[attr-defined]  # drawn beside it

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        for role in self.ROLES:
            data[role] = self.cast.get(data.get(role) or "")
        for role in ("technical", "commercial"):
            if (person := data[role]) and not person.phone:
                self.add_error(role, _("%(name)s has no phone number. Add it to this person.") % {"name": person.name})
        person = data.get("commercial")
        if person and not person.job_title:
            self.add_error("commercial", _("%(name)s has no job title. Add it.") % {"name": person.name})
        if data.get("authority"):
            self._clean_authority(person, data["authority"])
        return data

    def _clean_authority(self, person: Person | None, ground: str) -> None:
        """R11; and R13: naming a colleague needs the reference of their mandate."""
        if person and person.own and not self.cast.is_self(person) and ground != "mandate":
            message = _("%(name)s works for %(partner)s, so only a mandate counts. Choose “Mandate”.")
            self.add_error("authority", message % {"name": person.name, "partner": self.cast.partner})
        if ground != "director" and not self.cleaned_data.get("authority_reference", "x"):
            ask = {
                "mandate": _("Write the reference of the mandate, as it stands on the document."),
                "other": _("Describe in one sentence why this person may sign."),
            }
            self.add_error("authority_reference", ask[ground])
        if ground == "mandate" and self.cleaned_data.get("authority_date", "x") is None:
            self.add_error("authority_date", _("Write the date of the mandate, such as 3 11 2026."))


class MicrosoftStep(StepForm):
    """People named to Microsoft: no contacts, Arxus does not write to them."""

    primary_first_name = NameField(label=gettext_lazy("First name of the primary contact"))
    primary_last_name = NameField(label=gettext_lazy("Last name of the primary contact"))
    primary_email = EmailField(label=gettext_lazy("E-mail address of the primary contact"))
    primary_phone = PhoneField(label=gettext_lazy("Phone number of the primary contact"))
    signatory_first_name = NameField(label=gettext_lazy("First name of the signatory"))
    signatory_last_name = NameField(label=gettext_lazy("Last name of the signatory"))
    signatory_email = EmailField(label=gettext_lazy("E-mail address of the signatory"))
    signatory_phone = PhoneField(label=gettext_lazy("Phone number of the signatory"))
    signatory_language = forms.ChoiceField(
        label=gettext_lazy("Language of the signatory"), choices=[("", gettext_lazy("Not chosen")), *Language.choices]
    )

    def layout(self) -> list[Any]:
        def person(prefix: str) -> list[Any]:
            return [
                Row(Column(f"{prefix}_first_name"), Column(f"{prefix}_last_name")),
                f"{prefix}_email",
                f"{prefix}_phone",
            ]

        return [
            Fieldset(
                _("Primary contact at Microsoft"),
                _hint(_("Arxus does not write to this person. Microsoft may.")),
                *person("primary"),
                css_class="group",
            ),
            Fieldset(
                _("Signatory of the Microsoft Customer Agreement"),
                _hint(_("Somebody of the customer, whom Microsoft may ask to sign. Arxus does not write to them.")),
                *person("signatory"),
                "signatory_language",
                css_class="group",
            ),
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
        both = {f"{prefix}_{name}": value for prefix in ("primary", "signatory") for name, value in known.items()}
        return both | {"signatory_language": person.language}


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


class TenantStep(StepForm):
    tenant_name = forms.CharField(
        label=gettext_lazy("Tenant name"),
        max_length=255,
        error_messages={"required": gettext_lazy("Write the name that the tenant gets.")},
        help_text=gettext_lazy(
            "3 to 27 letters and digits, starting with a letter. Everyone in the company will see it."
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
        help_text=gettext_lazy("Microsoft calls this delegated administration."),
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
                _hint(_("Arxus hands it over by telephone, never by mail.")),
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
        said = {"result": "info", "strong": "", "text": _("Arxus checks whether this name is free.")}
        self.fields["tenant_name"].finding = said  # type: ignore[attr-defined]  # drawn below the field

    def clean_tenant_name(self) -> str:
        return clean_tenant_name(self.cleaned_data["tenant_name"])

    def clean_second_choice(self) -> str:
        typed = self.cleaned_data["second_choice"]
        return clean_tenant_name(typed) if typed else ""

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


class MessageStep(StepForm):
    reference = TextField(
        label=gettext_lazy("Your own reference (optional)"),
        max_length=60,
        required=False,
        help_text=gettext_lazy("Printed in every mail about this request."),
    )
    wanted_by = DayField(
        label=gettext_lazy("Wanted by (optional)"), required=False, help_text=gettext_lazy("For example 4 12 2026.")
    )
    message = TextField(
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
