"""What a partner states when sending: which texts apply, and which were accepted before and still count (R11–R13, R15).

A changed text gets a new number; the accepted ones are kept as they read.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts.models import Company, User
from tenants.models import Statement, TenantRequest
from tenants.persons import same_person

# What each statement is about, where its full sentence is too long.
TITLES = {
    "naming": gettext_lazy("People named to Microsoft"),
    "authority": gettext_lazy("Authority to sign"),
    "own_contacts": gettext_lazy("The partner’s own contact"),
    "responsibility": gettext_lazy("Full legal responsibility"),
}


@dataclass(frozen=True)
class Asked:
    """A statement that a sending needs; `subject` holds the people it speaks of, by role."""

    kind: str
    text_version: int
    text: str
    subject: dict[str, Any]
    # The agreement with the customer goes with this one (R12).
    needs_agreement: bool = False


def applying(data: dict[str, Any], *, partner: str, customer: str, by: User) -> list[Asked]:
    """The statements that a request with these (cleaned) answers needs from `by`, who sends it."""
    contacts, named = data["contacts"], data["microsoft"]
    commercial = contacts["commercial"]
    names = {
        "partner": partner,
        "customer": customer,
        "person": f"{commercial['first_name']} {commercial['last_name']}",
    }
    # The commercial contact of a Value Add Partner binds the partner, for this customer (DOMAIN §4).
    unknowing = data["customer"]["relation"] == Company.Relation.VAP
    asked = [
        _naming(named, names),
        Asked(
            "authority",
            *((2, _AUTHORITY_OF_PARTNER() % names) if unknowing else (1, _AUTHORITY() % names)),
            {"commercial": commercial, "ground": _ground(contacts)},
        ),
    ]
    own = {role: contacts[role] for role in contacts["roles"] if contacts[role]["own"]}
    if own:
        text = _own_contacts([f"{person['first_name']} {person['last_name']}" for person in own.values()])
        asked.append(Asked("own_contacts", 1, text % names, own, needs_agreement=True))
    if commercial["own"] and commercial["email"] == by.email:
        asked.append(Asked("responsibility", 1, _RESPONSIBILITY() % names, {"commercial": commercial}))
    return asked


def still_to_accept(tenant_request: TenantRequest, asked: Iterable[Asked], by: User) -> list[Asked]:
    """Those that `by` has not accepted yet for the same people in the same words; others' ticks do not count (R15)."""
    if not tenant_request.version:
        return list(asked)  # a draft has none yet
    return not_covered(asked, [s for s in tenant_request.statements.all() if s.by_id == by.pk])


def not_covered(asked: Iterable[Asked], accepted: Sequence[Statement]) -> list[Asked]:
    return [a for a in asked if not any(_covers(statement, a) for statement in accepted)]


def needed(before: Iterable[Asked], now: Iterable[Asked]) -> list[Asked]:
    """Those that a change needs: another person in a role voids the statement given for it (R15), fewer people do not.

    `before` are those of the version that changes: whoever gave them, they go on counting for the people they name.
    """
    given = list(before)
    return [asked for asked in now if not any(_speaks_of(known, asked) for known in given)]


def _speaks_of(known: Asked, asked: Asked) -> bool:
    return (known.kind, known.text_version) == (asked.kind, asked.text_version) and all(
        role in known.subject and _same(role, known.subject[role], asked.subject[role]) for role in asked.subject
    )


def accepted_for(asked: Asked, accepted: Iterable[Statement]) -> Statement | None:
    """The statement that was accepted for exactly what is asked, the newest first."""
    return next((statement for statement in reversed(list(accepted)) if _covers(statement, asked)), None)


def _covers(statement: Statement, asked: Asked) -> bool:
    return (
        statement.kind == asked.kind
        and statement.text_version == asked.text_version
        and statement.subject.keys() == asked.subject.keys()
        and all(_same(role, statement.subject[role], asked.subject[role]) for role in asked.subject)
    )


def _same(role: str, one: dict[str, Any], other: dict[str, Any]) -> bool:
    return one == other if role == "ground" else same_person(one, other)


def _ground(contacts: dict[str, Any]) -> dict[str, Any]:
    return {name: contacts[name] for name in ("authority", "authority_reference", "authority_date")}


def _naming(named: dict[str, Any], names: dict[str, str]) -> Asked:
    """Of the people who are named to Microsoft: for an existing tenant the signatory alone."""
    subject = {role: _typed(named, role) for role in ("primary", "signatory") if f"{role}_email" in named}
    if len(subject) > 1:
        return Asked("naming", 1, _NAMING() % names, subject)
    signatory = f"{named['signatory_first_name']} {named['signatory_last_name']}"
    return Asked("naming", 1, _NAMING_ONE() % (names | {"signatory": signatory}), subject)


def _typed(named: dict[str, Any], role: str) -> dict[str, Any]:
    return {name: named[f"{role}_{name}"] for name in ("first_name", "last_name", "email")}


def _NAMING() -> str:
    return _(
        "%(partner)s may name the people above to Microsoft for %(customer)s, and has told them that their data go to"
        " Microsoft."
    )


def _NAMING_ONE() -> str:
    return _(
        "%(partner)s may name %(signatory)s to Microsoft for %(customer)s, and has told them that their data go to"
        " Microsoft."
    )


def _AUTHORITY() -> str:
    return _("%(person)s may sign for %(customer)s on the ground given above, and %(partner)s has made sure of it.")


def _AUTHORITY_OF_PARTNER() -> str:
    return _(
        "%(person)s may bind %(partner)s for %(customer)s on the ground given above, and %(partner)s has made sure of"
        " it."
    )


def _own_contacts(who: list[str]) -> str:
    """One wording, for one person and for several; who it is stands in it already, the other names are still open."""
    *others, last = (name.replace("%", "%%") for name in dict.fromkeys(who))
    open_names = {"customer": "%(customer)s", "partner": "%(partner)s"}
    if not others:
        sentence = _(
            "There is a clear, signed agreement with %(customer)s that %(people)s of %(partner)s is named here as"
            " contact."
        )
        return sentence % (open_names | {"people": last})
    sentence = _(
        "There is a clear, signed agreement with %(customer)s that %(people)s of %(partner)s are named here as"
        " contacts."
    )
    people = _("%(several)s and %(last)s") % {"several": ", ".join(others), "last": last}
    return sentence % (open_names | {"people": people})


def _RESPONSIBILITY() -> str:
    return _(
        "I, %(person)s, sign as commercial contact for %(customer)s, and %(partner)s and I bear full legal"
        " responsibility for what is agreed on its behalf through this request."
    )
