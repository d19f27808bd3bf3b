"""The forms for customers: what a request needs of them is asked here, once."""

from collections.abc import Callable
from copy import copy
from typing import Any, cast

from crispy_forms.layout import HTML, Fieldset
from django import forms
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts import numbers, people, value_add
from contacts.fields import DomainsField, LegalNameField, PhoneField, TextField, plain_label
from contacts.layout import CHOOSE, laid_out, pair
from contacts.models import Company, Industry, MicrosoftLanguage, User

# What a request needs of a customer (DOMAIN §4).
DETAILS = [
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


def _choices(choices: type[Any], nothing: Any) -> list[tuple[str, Any]]:
    return [("", nothing), *choices.choices]


class NumberForm(forms.ModelForm):
    """The first step of adding a customer, and what every form of a company checks."""

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
        self.helper = laid_out(Fieldset(_("The company"), "country", "enterprise_number", css_class="group"))

    def clean(self) -> dict[str, Any]:
        country, number = self.cleaned_data.get("country"), self.cleaned_data.get("enterprise_number")
        if country and number:
            self._set("enterprise_number", numbers.normalise_enterprise_number, country, number)
        if country and (postal_code := self.cleaned_data.get("postal_code")):
            self._set("postal_code", people.clean_postal_code, country, postal_code)
        return self.cleaned_data

    def _set(self, name: str, clean: Callable[[str, str], str], country: str, value: str) -> None:
        try:
            self.cleaned_data[name] = clean(country, value)
        except forms.ValidationError as error:
            self.add_error(name, error)

    def added(self, domains: list[str]) -> list[str]:
        """The mail domains that the company did not have before."""
        return [domain for domain in domains if domain not in (self.initial.get("email_domains") or [])]


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
        error_messages=CHOOSE,
    )
    microsoft_language = forms.ChoiceField(
        label=gettext_lazy("Language at Microsoft"),
        choices=_choices(MicrosoftLanguage, gettext_lazy("Choose a language")),
        error_messages=CHOOSE,
        help_text=gettext_lazy("The language of invoices and messages that Microsoft writes to the company."),
    )
    relation = forms.ChoiceField(
        label=gettext_lazy("Does the customer know Arxus?"),
        choices=Company.Relation.choices,
        widget=forms.RadioSelect,
        error_messages=CHOOSE,
        help_text=gettext_lazy(
            "Only through us: Arxus never writes to anyone at the customer. Arxus can change it later."
        ),
    )
    email_domains = DomainsField(
        label=gettext_lazy("E-mail domains of the customer (optional)"),
        required=False,
        help_text=gettext_lazy(
            "Such as bakery.example. Several are separated by commas. Needed where the customer does not know Arxus."
        ),
    )

    class Meta(NumberForm.Meta):
        fields = DETAILS

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
        if self.instance.relation == Company.Relation.VAP:
            self.fields["email_domains"].label = plain_label(self.fields["email_domains"].label)
        self.helper = laid_out(
            Fieldset(_("The company"), "legal_name", "country", "enterprise_number", css_class="group"),
            Fieldset(_("Where it is"), "street", "box", pair("postal_code", "town"), "phone", css_class="group"),
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
        added = self.added(domains)
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


def filled(company: Company, **typed: str) -> CustomerForm:
    """A customer's details as they are, with what is typed in place of some."""
    partner = company.partner
    assert partner is not None  # noqa: S101 – a constraint of the table
    # Validating writes into the instance: into a copy.
    blank = CustomerForm(instance=copy(company), partner=partner)
    data = {name: _as_typed(blank[name].value()) for name in blank.fields}
    return CustomerForm(data | typed, instance=copy(company), partner=partner)


def missing_details(company: Company) -> list[tuple[str, str, str]]:
    """What a request still needs of the customer's details: (field, label, sentence)."""
    if company.partner is None:
        return []
    form = filled(company)
    labels = {name: str(field.label) for name, field in form.fields.items()}
    return [(name, labels.get(name, ""), str(sentence)) for name, many in form.errors.items() for sentence in many]


def _as_typed(value: Any) -> str:
    return "" if value is None else str(value)
