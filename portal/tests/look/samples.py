"""People, companies and forms for the samples of the look, made without a database."""

import datetime as dt
from types import SimpleNamespace
from zoneinfo import ZoneInfo

from crispy_forms.bootstrap import AppendedText
from crispy_forms.helper import FormHelper
from crispy_forms.layout import HTML, Column, Field, Fieldset, Layout, Row
from django import forms
from django.utils.html import format_html

from contacts.models import Company, User

NOW = dt.datetime(2026, 11, 23, 10, 42, tzinfo=ZoneInfo("Europe/Brussels"))
NORDWAVE = Company(pk=1, kind="partner", legal_name="Nordwave IT bv")
CUSTOMERS = [
    Company(pk=8 + index, kind="customer", legal_name=name)
    for index, name in enumerate(
        [
            *("Bakkerij De Smet bv", "Imprimerie Delvaux srl", "Garage Lambrecht nv", "Maes & Vrancken bv"),
            *("Clinique du Condroz srl", "Hof ten Bergh nv", "Brouwerij Ten Dale nv", "Sint-Jozefsschool vzw"),
        ]
    )
]
BAKERY, _PRINTER, GARAGE, *_REST = CUSTOMERS
ALICE = User(pk=1, first_name="Alice", last_name="Peeters", email="alice@nordwave.example")

SAM = User(pk=2, first_name="Sam", last_name="De Wolf", email="sam@arxus.example", is_staff=True)


def acting(company: Company, own: bool = False, customers_own_user: bool = False) -> SimpleNamespace:
    return SimpleNamespace(
        user=ALICE, company=company, home=NORDWAVE, is_own=own, is_customers_own_user=customers_own_user
    )


def at(day: int, hour: int, minute: int) -> dt.datetime:
    return dt.datetime(2026, 11, day, hour, minute, tzinfo=NOW.tzinfo)


def _hint(word: str, hint: str) -> str:
    return format_html('{}<span class="form-text">{}</span>', word, hint)


class SampleForm(forms.Form):
    """One field of every kind."""

    person = forms.ChoiceField(
        label="Person", choices=[("theo", "Theo Lambert, IT manager, theo.lambert@desmet.example")]
    )
    ground = forms.ChoiceField(
        label="On what ground may An De Smet sign?",
        help_text="Microsoft’s agreement rests on it.",
        widget=forms.RadioSelect,
        choices=[
            ("director", _hint("Director", "Named as such in the Crossroads Bank for Enterprises.")),
            ("mandate", _hint("Mandate", "You give its date and reference.")),
        ],
    )
    reference = forms.CharField(label="Reference of the mandate", help_text="As it stands on the document.")
    signed_on = forms.DateField(label="Date of the mandate", help_text="For example 3 11 2026.")
    tenant_name = forms.RegexField(
        "^[a-z0-9]+$",
        label="Tenant name",
        help_text="3 to 27 letters and digits, starting with a letter. Everyone in the company will see it.",
        error_messages={"invalid": "leave out the hyphen: “desmetacademie” is possible"},
    )
    email = forms.EmailField(
        label="E-mail address", error_messages={"invalid": "write a dot before “example”, not a comma"}
    )
    phone = forms.CharField(
        label="Phone number", error_messages={"required": "enter a number such as +32 470 00 00 00"}
    )
    message = forms.CharField(
        label=format_html('Message to Arxus <span class="optional">{}</span>', "(optional)"),
        widget=forms.Textarea,
        required=False,
    )
    roles = forms.MultipleChoiceField(
        label="Roles", widget=forms.CheckboxSelectMultiple, choices=[("t", "Technical"), ("c", "Commercial")]
    )
    document = forms.FileField(label="Signed agreement", help_text="A PDF, 10 MB at most.", required=False)
    administer = forms.ChoiceField(
        label="May Nordwave IT bv administer it for the customer?",
        help_text="Microsoft calls this delegated administration.",
        widget=forms.RadioSelect,
        choices=[("yes", "Yes"), ("no", "No")],
    )
    told = forms.BooleanField(label="I told them", help_text="Their data go to Microsoft.")
    named = forms.BooleanField(
        label="People named to Microsoft",
        help_text="Nordwave IT bv may name the people above to Microsoft for Bakkerij De Smet bv.",
        error_messages={"required": "read the sentence and tick it"},
    )

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        unknown = {
            "result": "warning",
            "strong": "Not a ServiceNow user yet. You can go on: Arxus arranges this.",
            "text": "Theo handles incidents there. Looked up today at 10:41 in the directory of 20 November.",
        }
        self.fields["person"].findings = [unknown]
        self.fields["tenant_name"].findings = [{"result": "info", "text": "Arxus checks whether this name is free."}]
        self.fields["named"].says = "I state this for Nordwave IT bv"
        self.fields["named"].note = "Version 3, English"
        self.helper = FormHelper()
        self.helper.form_tag = False
        self.helper.layout = Layout(
            Fieldset(
                "Commercial contact (may sign)",
                HTML('<p class="hint">Can bind Bakkerij De Smet bv.</p>'),
                "person",
                "ground",
                Row(Column("reference"), Column("signed_on")),
                css_class="group",
            ),
            Fieldset(
                "How should it be called?",
                AppendedText("tenant_name", ".onmicrosoft.com"),
                "email",
                Field("phone", css_class="size-m"),
                css_class="group",
            ),
            Fieldset("", "administer", css_class="group group--one"),
            Fieldset("Others", "message", "roles", "document", "told", css_class="group"),
            Field("named", template="components/_statement.html"),
        )


GOOD = {
    "person": "theo",
    "ground": "mandate",
    "reference": "VM-2026-014",
    "signed_on": "2026-09-02",
    "tenant_name": "desmetacademie",
    "email": "theo@desmet.example",
    "phone": "+32 53 00 00 21",
    "roles": ["t"],
    "administer": "yes",
    "told": "on",
    "named": "on",
}
BAD = {"person": "theo", "tenant_name": "Desmet-Academie", "email": "theo.lambert@bakkerijdesmet,example"}
