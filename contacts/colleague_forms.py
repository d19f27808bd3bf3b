"""What an administrator writes about colleagues: an invitation, permission groups, who takes over from a leaver."""

from collections.abc import Sequence
from typing import Any

from crispy_forms.layout import Column, Div, Fieldset, Layout, Row
from django import forms
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts import value_add
from contacts.fields import EmailField, NameField
from contacts.models import Company, Group, Language, Membership, User
from contacts.passwords import plain_helper

_ALLOWS = {
    Group.FULL: gettext_lazy("Everything, users and permissions included."),
    Group.CUSTOMERS: gettext_lazy("Edits customers and contacts."),
    Group.TENANTS: gettext_lazy("Edits customers and contacts; drafts, sends and withdraws tenant requests."),
    Group.TECHNICAL: gettext_lazy("Sees tenants and the requests that were sent."),
    Group.READ_ONLY: gettext_lazy("Sees all but drafts."),
}
# Whoever belongs to a customer reads and nothing more (R06).
_AT_A_CUSTOMER = (Group.TECHNICAL, Group.READ_ONLY)


def group_choices(company: Company) -> list[tuple[str, Any]]:
    offered = _AT_A_CUSTOMER if company.is_customer else tuple(Group)
    return [(g.value, format_html('{}<span class="form-text">{}</span>', g.label, _ALLOWS[g])) for g in offered]


class GroupsField(forms.MultipleChoiceField):
    def __init__(self, **options: Any) -> None:
        super().__init__(
            label=gettext_lazy("Permission groups (optional)"),
            required=False,
            choices=Group.choices,
            widget=forms.CheckboxSelectMultiple,
            help_text=gettext_lazy("Without a group somebody sees only their own profile and whom to ask."),
            **options,
        )


class InviteForm(forms.Form):
    email = EmailField(label=gettext_lazy("E-mail address"), help_text=gettext_lazy("The invitation goes there."))
    first_name = NameField(label=gettext_lazy("First name"))
    last_name = NameField(label=gettext_lazy("Last name"))
    language = forms.ChoiceField(
        label=gettext_lazy("Language of the mails"),
        choices=Language.choices,
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose one."), "invalid_choice": gettext_lazy("Choose one.")},
    )
    groups = GroupsField()

    def __init__(self, *args: Any, company: Company, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.company = company
        self.fields["groups"].choices = group_choices(company)  # type: ignore[attr-defined]  # a field with choices
        self.helper = plain_helper()
        names = Row(Column("first_name"), Column("last_name"))
        self.helper.layout = Layout(
            Fieldset(_("The person"), "email", names, "language", css_class="group"),
            Div("groups", css_class="panel"),
        )

    def clean_email(self) -> str:
        """Of others' companies nothing is looked up: the answer is the same whoever has the address."""
        email: str = self.cleaned_data["email"]
        if Membership.objects.filter(company=self.company, user__email=email).exists():
            raise forms.ValidationError(_("This person belongs to %(company)s already.") % {"company": self.company})
        partner = self.company.partner or self.company
        if known := value_add.customer_of(email, value_add.of_partner(partner.pk)):
            sentence = _("%(company)s does not know Arxus, so nobody with an address there is invited.")
            raise forms.ValidationError(sentence % {"company": known})
        return email


class GroupsForm(forms.Form):
    groups = GroupsField()

    def __init__(self, *args: Any, company: Company, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["groups"].choices = group_choices(company)  # type: ignore[attr-defined]  # a field with choices
        self.helper = plain_helper()


class SuccessorForm(forms.Form):
    """Who gets what the leaver had in hand; one of those who may have it."""

    to = forms.ChoiceField(label=gettext_lazy("Who takes them over"))

    def __init__(self, *args: Any, possible: Sequence[User], label: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["to"].label = label or self.fields["to"].label
        self.possible = {str(user.public_id): user for user in possible}
        choice = self.fields["to"]
        choice.choices = [(key, f"{user}, {user.email}") for key, user in self.possible.items()]  # type: ignore[attr-defined]  # a field with choices
        self.helper = plain_helper()

    def chosen(self) -> User:
        return self.possible[self.cleaned_data["to"]]
