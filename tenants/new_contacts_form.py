"""Who holds each contact role of a registered tenant from now on."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts.models import ContactRole
from tenants import directory, named, steps, summary
from tenants.forms import CheckForm, digest_of
from tenants.persons import Cast, Person, same_person
from tenants.questions import ContactsStep
from tenants.statements import TITLES

GROUND = ("authority", "authority_reference", "authority_date")


class NewContactsForm(ContactsStep):
    """The step of the wizard, filled with those who stand now: `sent` holds the contacts of the last version.

    Whoever stays is kept as sent (R25). A ground is asked for a new commercial contact (R11), so it starts empty: the
    one that was given for somebody else must not pass by itself.
    """

    # The tenant is ready.
    HANDLES = gettext_lazy("Handles incidents, and gets access to the Arxus portal.")
    TOLD = gettext_lazy("They are told that they were named, and as what.")

    def __init__(
        self,
        data: Any = None,
        *,
        cast: Cast,
        sent: dict[str, Any],
        chosen: Mapping[str, str] = MappingProxyType({}),
        **kwargs: Any,
    ) -> None:
        """`chosen` is what was chosen already, before going away to add or change somebody."""
        self.sent = sent
        super().__init__(data, cast=cast, **kwargs)
        self.initial = {role: sent[role]["ref"] for role in sent["roles"]} | {
            name: chosen[name] for name in self.fields if name in chosen
        }
        ground = self.fields["authority"]
        ground.required = False
        ground.label = _("On what ground may a new commercial contact sign?")
        said = {"name": name_of(sent["commercial"]), "ground": summary.authority(sent)}
        ground.help_text = _("%(name)s signs on this ground: %(ground)s. Leave it empty to keep both.") % said

    def where_to_edit(self, person: Person, here: str) -> list[dict[str, str]]:
        """By a button, which keeps what was chosen."""
        return [link | {"button": person.ref} for link in super().where_to_edit(person, here)]

    def gone(self) -> list[dict[str, Any]]:
        """Those who stand now and can no longer be chosen: archived, or no longer with the partner."""
        people = {self.sent[role]["ref"]: self.sent[role] for role in self.sent["roles"]}
        return [person for ref, person in people.items() if ref not in self.cast]

    def looks_up(self, role: str, person: Person) -> bool:
        """As in the wizard, for somebody new alone."""
        return super().looks_up(role, person) and is_new(self.sent.get(role), person)

    def finding(self) -> dict[str, str] | None:
        """What the ServiceNow directory knows of a new technical contact, once the form is valid."""
        person = self.cleaned_data["technical"]
        return directory.advice(person.email) if is_new(self.sent.get("technical"), person) else None

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        person, said = data.get("commercial"), [name for name in GROUND if data.get(name)]
        if "authority" in self.errors or data.get("authority") or not person:
            return data
        if said or is_new(self.sent["commercial"], person):
            self.add_error("authority", _("Choose on what ground this person may sign."))
        else:
            data.update({name: self.sent[name] for name in GROUND})
        return data

    def contacts(self) -> dict[str, Any]:
        """The contacts as a version keeps them. Only for a valid form."""
        kept: dict[str, Any] = {name: steps.plain(self.cleaned_data)[name] for name in GROUND}
        for role in self.ROLES:
            kept[role] = self._kept(self.sent.get(role), self.cleaned_data[role])
        kept["roles"] = [role for role in self.ROLES if kept[role]]
        return self.sent | kept

    def _kept(self, was: dict[str, Any] | None, person: Person | None) -> dict[str, Any] | None:
        if person is None:
            return None
        now = person.as_json()
        # Whoever has another address or spelling is corrected here too (R26); all else stays as it was sent (R25).
        return was if was and was["ref"] == person.ref and named.who(was) == named.who(now) else now

    def typed(self, before: dict[str, Any]) -> dict[str, Any]:
        """The answers to the step, with the ground of `before` where none was typed."""
        typed = steps.raw(self)
        return typed if typed.get("authority") else typed | {name: before.get(name, "") for name in GROUND}


class StatementsForm(CheckForm):
    """What a change of contacts needs; the boxes bear other names than the questions of the page before."""

    box = "states_%s"

    @property
    def about(self) -> list[tuple[str, str]]:
        """For hidden fields: what each box is about, so that its tick can be carried along with it."""
        return [(_about(self.box % asked.kind), digest_of(asked)) for asked in self.to_accept]

    @classmethod
    def carried(cls, typed: Mapping[str, str]) -> dict[str, str]:
        """What was ticked and chosen on a page that turned out to be old; each tick with what it was about (R15)."""
        boxes = [cls.box % kind for kind in TITLES]
        ticks = {box: typed[_about(box)] for box in boxes if _about(box) in typed and typed.get(box)}
        return ticks | {name: typed[name] for name in cls.FIELDS if typed.get(name)}

    @classmethod
    def carrying(cls, typed: Mapping[str, str]) -> list[tuple[str, str]]:
        """The same as hidden fields of the page between."""
        carried = cls.carried(typed)
        ticks = [(_about(name), value) for name, value in carried.items() if name not in cls.FIELDS]
        return [(name, value if name in cls.FIELDS else "on") for name, value in carried.items()] + ticks


def _about(box: str) -> str:
    return f"_about_{box}"


def is_new(was: dict[str, Any] | None, person: Person | None) -> bool:
    """Whether somebody else has the role than before: a corrected spelling or address makes nobody new (R15)."""
    return person is not None and (was is None or not same_person(was, person.as_json()))


def name_of(person: dict[str, Any]) -> str:
    return f"{person['first_name']} {person['last_name']}"


# The roles as pages name them.
ROLE_LABELS = {**dict(ContactRole.choices), "ground": gettext_lazy("Ground on which the commercial contact signs")}
