"""The form for contacts: people of the acting company whom Arxus writes to."""

from typing import Any, cast

from crispy_forms.layout import Fieldset
from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts import people, value_add
from contacts.fields import EmailField, NameField, PhoneField, TextField
from contacts.layout import CHOOSE, laid_out, pair
from contacts.models import Company, Contact, ContactRole, Language, User

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
        error_messages=CHOOSE,
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
        self.helper = laid_out(
            Fieldset(_("The person"), "salutation", pair("first_name", "last_name"), css_class="group"),
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
