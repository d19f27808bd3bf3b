"""The forms for customers and contacts: what a request needs of them is asked here, once."""

from copy import copy
from typing import Any, cast

from crispy_forms.helper import FormHelper
from crispy_forms.layout import HTML, Div, Fieldset, Layout
from django import forms
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts import numbers, people, value_add
from contacts.fields import DomainsField, EmailField, LegalNameField, NameField, PhoneField, TextField
from contacts.models import Company, Contact, ContactRole, Industry, Language, MicrosoftLanguage, User

_CHOOSE = {"required": gettext_lazy("Choose one."), "invalid_choice": gettext_lazy("Choose one of the list.")}


def _helper(*layout: Any) -> FormHelper:
    helper = FormHelper()
    helper.form_tag = False
    helper.disable_csrf = True
    helper.layout = Layout(*layout)
    return helper


def _pair(one: str, other: str) -> Div:
    return Div(Div(one, css_class="col-md"), Div(other, css_class="col-md"), css_class="row")


def _choices(choices: type[Any], nothing: Any) -> list[tuple[str, Any]]:
    return [("", nothing), *choices.choices]


class NumberForm(forms.ModelForm):
    """The first step of adding a customer."""

    enterprise_number = TextField(
        label=gettext_lazy("VAT or enterprise number"),
        max_length=40,
        help_text=gettext_lazy("Such as 0404.616.494. Associations and schools have an enterprise number too."),
    )

    class Meta:
        model = Company
        fields = ["country", "enterprise_number"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = _helper(Fieldset(_("The company"), "country", "enterprise_number", css_class="group"))

    def clean(self) -> dict[str, Any]:
        country, number = self.cleaned_data.get("country"), self.cleaned_data.get("enterprise_number")
        if country and number:
            try:
                self.cleaned_data["enterprise_number"] = numbers.normalise_enterprise_number(country, number)
            except forms.ValidationError as error:
                self.add_error("enterprise_number", error)
        return self.cleaned_data


class CustomerForm(NumberForm):
    """All that a request needs to know of a customer (DOMAIN §4). The relation is chosen once; R14: staff change it."""

    legal_name = LegalNameField(
        label=gettext_lazy("Legal name"), help_text=gettext_lazy("As it is registered, with the legal form.")
    )
    street = TextField(label=gettext_lazy("Street and number"), max_length=200, addresses=False)
    box = TextField(label=gettext_lazy("Box (optional)"), max_length=20, addresses=False, required=False)
    postal_code = TextField(label=gettext_lazy("Postal code"), max_length=12)
    town = TextField(label=gettext_lazy("Town"), max_length=100, addresses=False)
    phone = PhoneField(label=gettext_lazy("Phone number"), max_length=40)
    industry = forms.ChoiceField(
        label=gettext_lazy("Industry"),
        choices=_choices(Industry, gettext_lazy("Choose an industry")),
        error_messages=_CHOOSE,
    )
    microsoft_language = forms.ChoiceField(
        label=gettext_lazy("Language at Microsoft"),
        choices=_choices(MicrosoftLanguage, gettext_lazy("Choose a language")),
        error_messages=_CHOOSE,
        help_text=gettext_lazy("The language of invoices and messages that Microsoft writes to the company."),
    )
    relation = forms.ChoiceField(
        label=gettext_lazy("Does the customer know Arxus?"),
        choices=Company.Relation.choices,
        widget=forms.RadioSelect,
        error_messages=_CHOOSE,
        help_text=gettext_lazy(
            "Only through us: Arxus never writes to anyone at the customer. Arxus can change it later."
        ),
    )
    email_domains = DomainsField(
        label=gettext_lazy("E-mail domains of the customer (optional)"),
        required=False,
        help_text=gettext_lazy("Such as bakery.example. Several are separated by commas. Only through us: needed."),
    )

    class Meta(NumberForm.Meta):
        fields = [
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
        ]

    already: Company | None = None

    def __init__(self, *args: Any, partner: Company, **kwargs: Any) -> None:
        self.partner = partner
        if kwargs.get("instance") is None:
            kwargs["instance"] = Company(kind=Company.Kind.CUSTOMER, partner=partner)
        super().__init__(*args, **kwargs)
        last: list[Any] = ["relation", "email_domains"]
        if self.instance.pk:
            del self.fields["relation"]
            last = [HTML("{% include 'contacts/_relation.html' %}"), "email_domains"]
        self.helper = _helper(
            Fieldset(_("The company"), "legal_name", "country", "enterprise_number", css_class="group"),
            Fieldset(_("Where it is"), "street", "box", _pair("postal_code", "town"), "phone", css_class="group"),
            Fieldset(_("What Microsoft asks"), "industry", "microsoft_language", css_class="group"),
            Fieldset(_("The customer and Arxus"), *last, css_class="group"),
        )

    def clean_country(self) -> str:
        country: str = self.cleaned_data["country"]
        # Asked before the phone number, which is read as one of this country.
        cast(PhoneField, self.fields["phone"]).country = country
        return country

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        country, postal_code = cleaned.get("country"), cleaned.get("postal_code")
        if country and postal_code:
            try:
                cleaned["postal_code"] = people.clean_postal_code(country, postal_code)
            except forms.ValidationError as error:
                self.add_error("postal_code", error)
        relation = cleaned.get("relation") or self.instance.relation
        if relation == Company.Relation.VAP and not self.has_error("email_domains"):
            self._clean_domains(cleaned["email_domains"])
        number = cleaned.get("enterprise_number")
        # The number that the company has already is its own: the table sees to it.
        if not self.instance.pk or number != self.instance.enterprise_number:
            self._refuse_a_second(number)
        return cleaned

    def _clean_domains(self, domains: list[str]) -> None:
        """R14: whoever makes a domain the customer's reads first whom Arxus then no longer writes to."""
        added = [domain for domain in domains if domain not in (self.initial.get("email_domains") or [])]
        if why := value_add.domains_refusal(self.instance, domains, added):
            self.add_error("email_domains", why)
        elif named := value_add.named_at(self.instance, added):
            label = _("I know: Arxus no longer writes to them, and others are named there.")
            self.fields["domains_confirmed"] = forms.BooleanField(label=label, required=False)
            self.helper.layout.fields[-1].fields.append("domains_confirmed")
            if not self.data.get("domains_confirmed"):
                sentence = _("%(named)s With this domain they are people of the customer. If so, tick the box below.")
                self.add_error("email_domains", sentence % {"named": named})

    def _refuse_a_second(self, number: str | None) -> None:
        """Within the partner only: what another partner has is no business of this one (T17)."""
        same = self.partner.customers.filter(enterprise_number=number or "").exclude(pk=self.instance.pk)
        self.already = same.first()
        if self.already:
            sentence = _("%(company)s is your customer already, with this number.")
            self.add_error("enterprise_number", sentence % {"company": self.already})

    def store(self, *, by: User) -> Company | None:
        """Keep the company; None, with the reason in the form, where a colleague has just added the same one."""
        company: Company = self.instance
        company.sort_name = people.company_sort_name(company.legal_name)
        if not company.pk:
            company.created_by = by
        try:
            with transaction.atomic():
                changed = [name for name in self.changed_data if name != "domains_confirmed"]
                company.save(update_fields=[*changed, "sort_name"] if company.pk else None)
        except IntegrityError:
            self._refuse_a_second(company.enterprise_number)
            return None
        return company


def missing_details(company: Company) -> list[tuple[str, str, str]]:
    """What a request still needs of the customer's details: (field, label, sentence)."""
    partner = company.partner
    if partner is None:
        return []
    # Validating writes into the instance: into a copy.
    blank = CustomerForm(instance=copy(company), partner=partner)
    data = {name: _as_typed(blank[name].value()) for name in blank.fields}
    form = CustomerForm(data, instance=copy(company), partner=partner)
    labels = {name: str(field.label) for name, field in form.fields.items()}
    return [(name, labels.get(name, ""), str(sentence)) for name, many in form.errors.items() for sentence in many]


def _as_typed(value: Any) -> str:
    return "" if value is None else str(value)


_ROLES_WITH_PHONE = {ContactRole.TECHNICAL, ContactRole.COMMERCIAL}


class ContactForm(forms.ModelForm):
    """A person of the acting company whom Arxus writes to."""

    first_name = NameField(label=gettext_lazy("First name"))
    last_name = NameField(label=gettext_lazy("Last name"))
    email = EmailField(label=gettext_lazy("E-mail address"))
    phone = PhoneField(
        label=gettext_lazy("Phone number (optional)"),
        max_length=40,
        required=False,
        help_text=gettext_lazy("Technical and commercial contacts need one."),
    )
    job_title = TextField(
        label=gettext_lazy("Job title (optional)"),
        max_length=100,
        required=False,
        addresses=False,
        help_text=gettext_lazy("A commercial contact needs one."),
    )
    department = TextField(label=gettext_lazy("Department (optional)"), max_length=100, required=False, addresses=False)
    language = forms.ChoiceField(
        label=gettext_lazy("Language of the mails"),
        choices=Language.choices,
        widget=forms.RadioSelect,
        error_messages=_CHOOSE,
    )
    roles = forms.MultipleChoiceField(
        label=gettext_lazy("Roles (optional)"),
        choices=ContactRole.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("A request for a tenant needs a technical and a commercial contact."),
    )

    class Meta:
        model = Contact
        fields = [
            "salutation",
            "first_name",
            "last_name",
            "email",
            "phone",
            "job_title",
            "department",
            "language",
            "roles",
        ]
        labels = {"salutation": gettext_lazy("Salutation (optional)")}

    def __init__(self, *args: Any, company: Company, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.company = company
        cast(PhoneField, self.fields["phone"]).country = str(company.country)
        self.helper = _helper(
            Fieldset(_("The person"), "salutation", _pair("first_name", "last_name"), css_class="group"),
            Fieldset(_("How to reach them"), "email", "phone", "language", css_class="group"),
            Fieldset(_("What they do"), "job_title", "department", "roles", css_class="group"),
        )

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"]
        partner = self.company.partner or self.company
        if self.company.relation == Company.Relation.VAP:
            self._refuse_customers_people(email)
        elif why := value_add.refusal(email, value_add.of_partner(partner.pk)):
            raise forms.ValidationError(why)
        return email

    def _refuse_customers_people(self, email: str) -> None:
        """R14: the customer does not know Arxus, so every contact is a person of the partner."""
        partner = cast(Company, self.company.partner)
        if value_add.is_at(email, self.company.email_domains) or not people.is_partners_own(email, partner):
            sentence = _("The customer does not know Arxus: name somebody of %(partner)s, with their address there.")
            raise forms.ValidationError(sentence % {"partner": partner})

    def clean(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        roles = set(cleaned.get("roles") or [])
        if roles & _ROLES_WITH_PHONE and not cleaned.get("phone") and not self.has_error("phone"):
            self.add_error("phone", _("A technical or commercial contact needs a phone number."))
        if ContactRole.COMMERCIAL in roles and not cleaned.get("job_title") and not self.has_error("job_title"):
            self.add_error("job_title", _("A commercial contact needs a job title."))
        if not self.errors and self._is_there_already():
            sentence = _("%(name)s is a contact already, with this address.")
            name = f"{cleaned['first_name']} {cleaned['last_name']}"
            self.add_error("email", sentence % {"name": name})
        return cleaned

    def _is_there_already(self) -> bool:
        """Sent twice is once: the same name with the same address."""
        same = Contact.objects.of(self.company).active().exclude(pk=self.instance.pk)
        names = {
            "first_name__iexact": self.cleaned_data["first_name"],
            "last_name__iexact": self.cleaned_data["last_name"],
        }
        return same.filter(email=self.cleaned_data["email"], **names).exists()

    def store(self, *, by: User) -> Contact:
        contact: Contact = self.instance
        contact.sort_name = people.person_sort_name(contact.first_name, contact.last_name)
        if not contact.pk:
            contact.company, contact.created_by = self.company, by
        # Only what was changed here: a colleague may have changed something else meanwhile.
        contact.save(update_fields=[*self.changed_data, "sort_name"] if contact.pk else None)
        return contact
