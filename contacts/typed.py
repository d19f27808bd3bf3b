"""What somebody typed into a form that came to nothing, in words: it is given back, whatever the reason."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

from django.http import HttpRequest
from django.urls import Resolver404, resolve
from django.utils.translation import gettext as _

from contacts.fields import plain_label

SHOWN_MOST = 600
# What pages of staff carry along, and their buttons: nobody typed it.
_CARRIED = re.compile(
    r"version|status|seen|stop_asked|from|instead_of|decide|preview|another|use|take|take_back|started|kind"
    r"|.+-(TOTAL|INITIAL|MIN_NUM|MAX_NUM)_FORMS"
)
# The fields that our own pages add to a form.
_OURS = {"csrfmiddlewaretoken", "_seal", "_switch_back", "_writer"}


@dataclass(frozen=True)
class Typed:
    """What somebody typed into a form that was refused, ready to be sent again."""

    path: str
    seal: str
    fields: list[tuple[str, str]]
    # (name of the field, name of the file): files have to be chosen again.
    files: list[tuple[str, str]]

    @classmethod
    def of(cls, request: HttpRequest, seal: str) -> "Typed":
        fields = [(name, value) for name, values in request.POST.lists() for value in values if name not in _OURS]
        files = [(name, str(file.name)) for name, many in request.FILES.lists() for file in many]
        return cls(request.get_full_path(), seal, [pair for pair in fields if "password" not in pair[0]], files)

    @property
    def size(self) -> int:
        return sum(len(name) + len(value) for name, value in self.fields + self.files)

    def shown(self) -> list[tuple[str, str]]:
        """Labels and values as a reader knows them, where the view names its forms; long texts by their beginning."""
        return [(label, text if len(text) <= SHOWN_MOST else text[:SHOWN_MOST] + "…") for label, text in self.in_full()]

    @property
    def going_on(self) -> str:
        """What sending it again does, where that is more than to save."""
        return str(_of_view(self.path, "going_on", ""))

    def in_full(self, words: Mapping[str, str] = MappingProxyType({})) -> list[tuple[str, str]]:
        """The same with nothing cut, where the page is all that is left of it; `words` are those of what was chosen,
        where the view knows them."""
        known = {
            name: field for form in _of_view(self.path, "typed_in", ()) for name, field in form.base_fields.items()
        }
        values: dict[str, list[str]] = {}
        for name, value in self.fields:
            if not value.strip() or name.startswith("_") or (not known and _CARRIED.fullmatch(name)):
                continue
            if not known or _is_typed(known.get(name)):
                values.setdefault(name, []).append(words.get(value) or _in_words(known.get(name), value))
        return [(_label(known.get(name), name), ", ".join(many)) for name, many in values.items()]


def _of_view(path: str, what: str, otherwise: Any) -> Any:
    """What `typed_in` noted at the view of an address."""
    try:
        return getattr(resolve(urlsplit(path).path).func, what, otherwise)
    except Resolver404:
        return otherwise


def _is_typed(field: Any) -> bool:
    return field is not None and not field.widget.is_hidden


def _label(field: Any, name: str) -> str:
    return plain_label((field and field.label) or name.replace("_", " ").replace("-", " ").capitalize())


def _in_words(field: Any, value: str) -> str:
    if field is not None and value == "on":
        return _("Yes")
    if not hasattr(field, "choices"):
        return value
    words = {str(key): str(words) for key, words in field.choices if not isinstance(words, list | tuple)}
    # What can be chosen only the view knows that showed it: no key of ours is a word.
    return words.get(value) or _("as you chose")
