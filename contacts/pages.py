"""Lists in pages by key, which cost the same on page one and on page nine hundred; and addresses to come back to."""

import base64
import json
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, cast
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.db.models import Field, Model, Q, QuerySet
from django.http import HttpRequest
from django.urls import Resolver404, resolve, reverse
from django.utils.http import url_has_allowed_host_and_scheme

M = TypeVar("M", bound=Model)
SIZE = 25
LONGEST_CURSOR = 2000


@dataclass(frozen=True)
class Page(Generic[M]):
    """Rows, and the cursors of the pages beside them ("" where there is none) for `?after=` and `?before=`.

    Where a page has several lists, the others have a name that stands before: `?tenants_after=`.
    """

    rows: list[M]
    after: str
    before: str


def page_of(queryset: QuerySet[M], request: HttpRequest, *keys: str, size: int = SIZE, name: str = "") -> Page[M]:
    """The page that the query string asks for.

    `keys` are ordered like `order_by` ("-changed_at", "-pk"), never null, and unique together. A cursor that is none
    of ours leads to the first page.
    """
    before = _read(request.GET.get(f"{name}before", ""), queryset.model, keys)
    after = None if before else _read(request.GET.get(f"{name}after", ""), queryset.model, keys)
    order = [_turned(key) for key in keys] if before else list(keys)
    if cursor := before or after:
        queryset = queryset.filter(_beyond(order, cursor))
    rows = list(queryset.order_by(*order)[: size + 1])
    more, rows = len(rows) > size, rows[:size]
    if before:
        rows.reverse()
    following, preceding = (True, more) if before else (more, after is not None)
    return Page(
        rows,
        after=_write(rows[-1], keys) if rows and following else "",
        before=_write(rows[0], keys) if rows and preceding else "",
    )


def _turned(key: str) -> str:
    return key[1:] if key.startswith("-") else f"-{key}"


def _beyond(order: list[str], cursor: list[Any]) -> Q:
    """Everything after the cursor: (a > x) or (a = x and b > y) …"""
    condition, equal = Q(), Q()
    for key, value in zip(order, cursor, strict=True):
        name, lookup = (key[1:], "lt") if key.startswith("-") else (key, "gt")
        condition |= equal & Q(**{f"{name}__{lookup}": value})
        equal &= Q(**{name: value})
    return condition


def _write(row: Model, keys: tuple[str, ...]) -> str:
    values = [str(getattr(row, key.lstrip("-"))) for key in keys]
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


def _read(cursor: str, model: type[Model], keys: tuple[str, ...]) -> list[Any] | None:
    if len(cursor) > LONGEST_CURSOR:
        return None
    try:
        values = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if not isinstance(values, list) or "\0" in "".join(values):
            return None
        "".join(values).encode()
        names = ["id" if key.lstrip("-") == "pk" else key.lstrip("-") for key in keys]
        fields = [cast("Field[Any, Any]", model._meta.get_field(name)) for name in names]
        return [field.to_python(value) for field, value in zip(fields, values, strict=True)]
    except (ValueError, TypeError, ValidationError, RecursionError):
        return None


def next_or(request: HttpRequest, default: str) -> str:
    """The page of ours that `next` asks to come back to, else `default` (the name of a URL)."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    if wanted.startswith("/") and wanted.isprintable() and url_has_allowed_host_and_scheme(wanted, allowed_hosts=None):
        try:
            resolve(urlsplit(wanted).path)
        except (Resolver404, ValueError):
            pass
        else:
            return wanted
    return reverse(default)
