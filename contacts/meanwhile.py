"""What a page showed of a row, and what somebody else changed of it since: nothing is reverted that nobody meant.

The form carries what it showed, signed. Where the row says something else by now, what only the others changed takes
the new value, what was typed here stays, and the page says both before anything is saved.
"""

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar

from django.contrib.contenttypes.models import ContentType
from django.core import signing
from django.db import transaction
from django.db.models import Model
from django.forms import BaseForm
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html

from contacts import history
from contacts.fields import PhoneField, plain_label
from contacts.models import User
from contacts.people import phone_in_words

FIELD = "_shown"
_SALT = "contacts.meanwhile"
F = TypeVar("F", bound=BaseForm)
Said = dict[str, Any]


@dataclass(frozen=True)
class Change:
    """A field that says something else than the page showed, in words."""

    label: str
    before: str
    after: str


@dataclass(frozen=True)
class Opened(Generic[F]):
    """A form as it is now; `changes` is what has to be read before it is saved, `by` who did it, if that is known.

    `hidden` is the field that the page's form carries.
    """

    form: F
    hidden: str
    changes: list[Change] = field(default_factory=list)
    by: User | None = None

    @property
    def status(self) -> int:
        return 409 if self.changes else 200

    @property
    def may_be_kept(self) -> bool:
        return self.form.is_bound and not self.changes and self.form.is_valid()


def holding(request: HttpRequest) -> AbstractContextManager[Any]:
    """A transaction in which whoever posts holds a lock on the row; who only looks needs none."""
    return transaction.atomic() if request.method == "POST" else nullcontext()


def opened(
    request: HttpRequest, make: Callable[[Any], F], *rows: Model, about: str = "", only: Iterable[str] = ()
) -> Opened[F]:
    """The form of the first row that `make` makes of what was posted, or of nothing.

    Whoever posts holds a lock on the row, or two could pass here at once. `rows` are those whose history says who
    changed it, in lines that name `about`; `only` names the fields that the page shows, where it does not show all.
    """
    now, carried = _said(fresh := make(None), only), _Carried.of(request, rows[0])
    hidden = _hidden(rows[0], now)
    if request.method != "POST":
        return Opened(fresh, hidden)
    changed = [name for name in now if carried and carried.said.get(name, now[name]) != now[name]]
    if not carried or not changed:
        return Opened(make(request.POST), hidden)
    form = make(_merged(request, _said(make(request.POST), only), carried.said, now, changed))
    if form.is_valid() and _says(form, now):
        return Opened(form, hidden)
    found = [Change(*_in_words(form, name, carried.said[name], now[name])) for name in changed]
    return Opened(form, hidden, found, history.only_writer(rows, since=carried.at, about=about))


@dataclass(frozen=True)
class _Carried:
    """What a page showed, and when."""

    said: Said
    at: datetime

    @classmethod
    def of(cls, request: HttpRequest, row: Model) -> "_Carried | None":
        """None where it is none of ours, or of another row: then the page counts as showing what there is."""
        try:
            made = signing.loads(request.POST.get(FIELD, ""), salt=_SALT)
        except signing.BadSignature:
            return None
        return cls(made["said"], datetime.fromisoformat(made["at"])) if made["row"] == _name_of(row) else None


def _hidden(row: Model, said: Said) -> str:
    made = {"row": _name_of(row), "said": said, "at": timezone.now().isoformat()}
    value = signing.dumps(made, salt=_SALT, compress=True)
    return format_html('<input type="hidden" name="{}" value="{}">', FIELD, value)


def _name_of(row: Model) -> list[int]:
    return [ContentType.objects.get_for_model(row).pk, row.pk]


def _said(form: BaseForm, only: Iterable[str]) -> Said:
    """What stands in the fields of a page, as it is posted."""
    return {name: as_posted(form.fields[name], form[name].value()) for name in only or form.fields}


def as_posted(of: Any, value: Any) -> Any:
    """A value of a field as a browser sends it back."""
    if isinstance(value, list | tuple):
        offered = [str(key) for key, _label in getattr(of, "choices", ())]
        return sorted({str(one) for one in value} & set(offered))
    return "" if value is None else str(value).strip()


def _merged(request: HttpRequest, typed: Said, was: Said, now: Said, changed: list[str]) -> Any:
    """What was posted, where nobody typed with what the row says now."""
    data = request.POST.copy()
    for name in changed:
        if typed[name] == was[name]:
            data.setlist(name, now[name] if isinstance(now[name], list) else [now[name]])
    return data


def _says(form: BaseForm, now: Said) -> bool:
    """Whether saving would change nothing: the same was sent twice, or everybody meant the same."""
    cleaned = {name: form.fields[name].prepare_value(form.cleaned_data.get(name)) for name in now}
    return all(as_posted(form.fields[name], cleaned[name]) == said for name, said in now.items())


def _in_words(form: BaseForm, name: str, before: Any, after: Any) -> tuple[str, str, str]:
    # Of the class, whose choices are words alone.
    of = type(form).base_fields[name]  # type: ignore[attr-defined]  # of every declared form
    is_phone = isinstance(of, PhoneField)
    words = {str(key): str(label) for key, label in getattr(of, "choices", ())}

    def said(value: Any) -> str:
        many = sorted(value, key=[*words].index) if isinstance(value, list) else [value]
        return ", ".join(words.get(one) or (phone_in_words(one) if is_phone else one) for one in many if one)

    return plain_label(of.label), said(before), said(after)
