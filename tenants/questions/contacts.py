"""Whom Arxus talks to, and on what ground the commercial contact signs (R10–R13)."""

from typing import Any
from urllib.parse import urlencode

from crispy_forms.layout import Column, Fieldset, Row
from django import forms
from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts.fields import TextField
from contacts.models import Company
from tenants import directory
from tenants.persons import Person
from tenants.questions.form import DayField, StepForm, hint


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

    HANDLES: Any = gettext_lazy("Handles incidents, and gets access to the Arxus portal when the tenant is ready.")
    TOLD: Any = gettext_lazy("They are told that they were named, and as what, when the tenant is ready.")
    ROLES = ("technical", "commercial", "dpo", "watchlist", "security")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for role in self.ROLES:
            field = self.fields[role]
            assert isinstance(field, forms.ChoiceField)  # noqa: S101 – declared so above
            field.choices = self.cast.choices()
            field.error_messages["invalid_choice"] = self._not_there()
            field.findings = []  # type: ignore[attr-defined]  # drawn below it, anew whenever somebody else is chosen

    def _not_there(self) -> str:
        if self.cast.customer.relation == Company.Relation.VAP:
            sentence = _("%(customer)s does not know Arxus: choose somebody of %(partner)s.")
            return sentence % {"customer": self.cast.customer, "partner": self.cast.partner}
        return _("This person can no longer be chosen. Choose another one.")

    def layout(self) -> list[Any]:
        return [
            Fieldset(
                _("Who handles incidents?"),
                hint(self.HANDLES),
                "technical",
                css_class="group",
            ),
            Fieldset(
                _("Who may sign?"),
                hint(
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
                hint(self.TOLD),
                "dpo",
                "watchlist",
                "security",
                css_class="group",
            ),
        ]

    def show_people(self, here: str) -> None:
        """Say below each chosen person what Arxus knows of them, and where they are changed; `here` leads back."""
        for role, said in self.twice().items():
            self.say(role, "warning", **said)
        told: set[str] = set()
        for role in self.ROLES:
            chosen = self[role].value() or ""
            if chosen and chosen not in self.cast:
                self.say(role, "warning", strong=self._gone(chosen))
            if person := self.cast.get(self[role].value() or ""):
                if self.looks_up(role, person):
                    self.say(role, **directory.advice(person.email))
                if person.own and self.cast.customer.relation == Company.Relation.RESELLER and person.ref not in told:
                    told.add(person.ref)
                    self.say(role, "info", **self._needs_an_agreement(person))
                self.fields[role].links = self.where_to_edit(person, here)  # type: ignore[attr-defined]  # drawn there

    def _gone(self, ref: str) -> str:
        if name := self.cast.archived.get(ref):
            return _("%(name)s was archived: choose somebody else.") % {"name": name}
        return _("Whoever was chosen here can be chosen no more: choose somebody else.")

    def twice(self) -> dict[str, dict[str, str]]:
        """Who is chosen under two addresses, such as that of their account and that of a contact: what to say of it,
        by role. Two people may bear one name, so nothing is refused."""
        first: dict[str, Person] = {}
        found = {}
        for role in self.ROLES:
            person = self.cast.get(self[role].value() or "")
            known = first.setdefault(person.name.casefold(), person) if person else None
            if person and known and known.email != person.email:
                strong = _("%(name)s is chosen with two addresses: %(one)s and %(other)s.")
                said = {"name": person.name, "one": known.email, "other": person.email}
                text = _("If this is one person, choose the same entry twice: each address gets its own mails.")
                found[role] = {"strong": strong % said, "text": text}
        return found

    def looks_up(self, role: str, person: Person) -> bool:
        """Whether the directory is asked about whoever has this role (R10)."""
        return role in settings.SERVICENOW_ROLES

    def _needs_an_agreement(self, person: Person) -> dict[str, str]:
        """R12, said while one chooses and not only at the end."""
        text = _("Before sending we ask you to state that %(customer)s agreed to this, and for the signed agreement.")
        strong = _("%(name)s works for %(partner)s.") % {"name": person.name, "partner": self.cast.partner}
        return {"strong": strong, "text": text % {"customer": self.cast.customer}}

    def where_to_edit(self, person: Person, here: str) -> list[dict[str, str]]:
        kind, _colon, public_id = person.ref.partition(":")
        if kind == "contact" and person.company == self.cast.customer.legal_name:
            url = reverse("contacts:contact_edit", args=[public_id])
        elif self.cast.is_self(person):
            url = reverse("contacts:profile")
        else:
            return []
        return [{"url": f"{url}?{urlencode({'next': here})}", "words": _("Edit %(name)s") % {"name": person.name}}]

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        for role in self.ROLES:
            data[role] = self.cast.get(data.get(role) or "")
        for role in ("technical", "commercial"):
            if (person := data[role]) and not person.phone:
                self.add_error(role, self._lacks(person, _("no phone number")))
        person = data.get("commercial")
        if person and not person.job_title:
            self.add_error("commercial", self._lacks(person, _("no job title")))
        if data.get("authority"):
            self._clean_authority(person, data["authority"])
        return data

    def _lacks(self, person: Person, what: str) -> str:
        if self.where_to_edit(person, ""):
            sentence = _("%(name)s has %(what)s yet. Add it under “Edit %(name)s”, below this field.")
        else:
            sentence = _("%(name)s has %(what)s yet. Ask them to add it in their profile, or choose somebody else.")
        return sentence % {"name": person.name, "what": what}

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
        if (day := self.cleaned_data.get("authority_date")) and day > self.cast.day:
            self.add_error("authority_date", _("This day is still to come. Write the day on which it was signed."))
