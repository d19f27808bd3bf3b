"""What staff type about companies, users and memberships in the admin."""

import json
from typing import Any, cast

from django import forms
from django.contrib.admin.widgets import AutocompleteSelect
from django.forms.models import BaseInlineFormSet
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts import colleagues, meanwhile, value_add
from contacts.customer_forms import NumberForm
from contacts.fields import DomainsField, EmailField, LegalNameField, NameField, PhoneField, TextField
from contacts.models import Company, Group, Membership, User


class _Shown(forms.CharField):
    """What a page of the admin showed of a row, as JSON."""

    def __init__(self) -> None:
        super().__init__(required=False, widget=forms.HiddenInput)

    def has_changed(self, initial: Any, data: Any) -> bool:
        return False


class OpenedForm(forms.ModelForm):
    """Reverts nothing that somebody else changed since the page was opened: what was not touched here follows it, and
    what was is asked for at its field. Saving again means it."""

    shown = _Shown()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = {name: field for name, field in self.fields.items() if name != "shown"}
        self.now = {
            name: meanwhile.as_posted(field, field.prepare_value(self.get_initial_for_field(field, name)))
            for name, field in rows.items()
        }
        self.initial["shown"] = json.dumps(self.now)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        was = self._was()
        changed = {name: now for name, now in self.now.items() if was.get(name, now) != now}
        typed = {name: meanwhile.as_posted(self.fields[name], self[name].value()) for name in changed}
        if changed:
            # The page that is shown again begins with what there is now.
            self.data = data = cast(QueryDict, self.data).copy()
            data[self.add_prefix("shown")] = self.initial["shown"]
        for name, now in changed.items():
            if typed[name] == was[name]:
                cleaned[name] = self.get_initial_for_field(self.fields[name], name)
                data.setlist(self.add_prefix(name), now if isinstance(now, list) else [now])
            elif typed[name] != now:
                sentence = _("Somebody changed this to “%(now)s” since you opened the page. Save again to keep yours.")
                self.add_error(name, sentence % {"now": now if isinstance(now, str) else ", ".join(now)})
        return cleaned

    def _was(self) -> dict[str, Any]:
        """Nothing where the page did not say, or says what is none of ours."""
        try:
            said = json.loads(self.data.get(self.add_prefix("shown"), "")) if self.instance.pk else {}
        except (ValueError, RecursionError):
            return {}
        return said if isinstance(said, dict) else {}


class CompanyForm(OpenedForm, NumberForm):
    """A partner, or the details of a customer; unlike a customer's, a partner's address may wait."""

    legal_name = LegalNameField(label=gettext_lazy("Legal name"))
    street = TextField(label=gettext_lazy("Street and number"), max_length=200, addresses=False, required=False)
    box = TextField(label=gettext_lazy("Box"), max_length=20, addresses=False, required=False)
    postal_code = TextField(label=gettext_lazy("Postal code"), max_length=12, required=False)
    town = TextField(label=gettext_lazy("Town"), max_length=100, addresses=False, required=False)
    phone = PhoneField(label=gettext_lazy("Phone number"), max_length=40, required=False)
    email_domains = DomainsField(
        label=gettext_lazy("E-mail domains"),
        required=False,
        help_text=gettext_lazy("Such as partner.example, several separated by commas; without public providers."),
    )

    microsoft_partner_id = TextField(
        label=gettext_lazy("Microsoft partner id"),
        max_length=40,
        required=False,
        help_text=gettext_lazy("As Partner Center lists it for an indirect reseller, such as 4837201."),
    )
    microsoft_tenant_id = forms.UUIDField(
        label=gettext_lazy("Microsoft tenant id of the partner"),
        required=False,
        error_messages={"invalid": gettext_lazy("This is no GUID: 32 letters a to f and digits, in five groups.")},
    )
    microsoft_associated_id = TextField(
        label=gettext_lazy("Associated partner id"),
        max_length=40,
        required=False,
        help_text=gettext_lazy("What goes along when a customer is made for the partner, if not the partner id."),
    )

    class Meta:
        model = Company
        fields = "__all__"  # noqa: DJ007 – the admin names the fields it shows

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if self.instance.relation == Company.Relation.VAP and not self.has_error("email_domains"):
            self._clean_domains(cleaned["email_domains"])
        number = cleaned.get("enterprise_number", "")
        beside = Company.objects.filter(enterprise_number=number, partner=self.instance.partner)
        if same := beside.exclude(pk=self.instance.pk).first():
            self.add_error("enterprise_number", _("%(company)s has this number.") % {"company": same})
        return cleaned

    def _clean_domains(self, domains: list[str]) -> None:
        """R14: open requests first name somebody else, so that nobody is silenced unawares."""
        added = self.added(domains)
        named = value_add.named_at(self.instance, added)
        if why := value_add.domains_refusal(self.instance, domains, added) or named:
            self.add_error("email_domains", why)


class UserForm(OpenedForm):
    email = EmailField(label=gettext_lazy("E-mail address"))
    first_name = NameField(label=gettext_lazy("First name"))
    last_name = NameField(label=gettext_lazy("Last name"))
    phone = PhoneField(label=gettext_lazy("Phone number"), max_length=40, required=False)
    job_title = TextField(label=gettext_lazy("Job title"), max_length=100, required=False, addresses=False)

    class Meta:
        model = User
        fields = "__all__"  # noqa: DJ007 – the admin names the fields it shows: never the password

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("is_staff") and self.instance.pk and self.instance.memberships.exists():
            sentence = _("An account is Arxus staff or belongs to companies, never both. End the memberships first.")
            self.add_error("is_staff", sentence)
        return cleaned


# As far as a key of the database counts.
_LARGEST_KEY = 2**63 - 1


class Chosen(AutocompleteSelect):
    """Shows again what was chosen; what is no key of a row, Django's own would look for all the same, and fail."""

    def optgroups(self, name: str, value: Any, attr: Any = None) -> Any:
        keys = [one for one in value if one.isascii() and one.isdecimal() and len(one) < len(str(_LARGEST_KEY))]
        return super().optgroups(name, keys, attr)


class MembershipForm(forms.ModelForm):
    groups = forms.MultipleChoiceField(
        label=gettext_lazy("Permission groups"),
        choices=Group.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    class Meta:
        model = Membership
        fields = ["user", "company", "groups"]


class MembershipFormSet(BaseInlineFormSet):
    by: User  # who saves it, as the admin says
    left: list[tuple[User, Company, str]]  # who left by it, and what their partner has to do now

    def add_fields(self, form: Any, index: int | None) -> None:
        """In a table no field has a label of its own, so each says what it is (WCAG 1.3.1)."""
        super().add_fields(form, index)
        for name in ("user", "company"):
            if name in form.fields:
                form.fields[name].widget.attrs["aria-label"] = form.fields[name].label
        if "DELETE" in form.fields:
            sentence = _("End the membership of %(user)s in %(company)s")
            present = form.instance
            said = {"user": present.user, "company": present.company} if present.pk else {"user": "", "company": ""}
            form.fields["DELETE"].widget.attrs["aria-label"] = sentence % said

    def delete_existing(self, obj: Any, commit: bool = True) -> None:
        if commit:
            self.left.append((obj.user, obj.company, colleagues.to_replace(obj.user, obj.company)))
            colleagues.end(obj, by=self.by)

    def clean(self) -> None:
        super().clean()
        rows = [form for form in self.forms if form.is_valid() and form.has_changed()]
        for form in rows:
            user = getattr(form.instance, "user", None)
            company = getattr(form.instance, "company", None)
            if company and company.relation == Company.Relation.VAP and form not in self.deleted_forms:
                sentence = _("%(company)s does not know Arxus: nobody there gets access.")
                raise forms.ValidationError(sentence % {"company": company})
            if user and user.is_staff and form not in self.deleted_forms:
                sentence = _("%(user)s is Arxus staff: such an account belongs to no company.")
                raise forms.ValidationError(sentence % {"user": user})
        self._keep_an_administrator(rows)

    def _keep_an_administrator(self, rows: list[forms.ModelForm]) -> None:
        """A company's last administrator cannot leave (R27)."""
        kept = [form for form in rows if form not in self.deleted_forms and Group.FULL in form.cleaned_data["groups"]]
        coming = {form.instance.company_id for form in kept}
        leaving = [form.instance for form in rows if form.instance.pk and form not in kept]
        pks = [membership.pk for membership in leaving]
        for company_id in sorted({membership.company_id for membership in leaving} - coming):
            colleagues.lock(company_id)
            full = Membership.objects.filter(company=company_id, groups__contains=[Group.FULL], user__is_active=True)
            if full.filter(pk__in=pks).exists() and not full.exclude(pk__in=pks).exists():
                raise forms.ValidationError(_("Give somebody else the Full Role first: every company keeps one."))
