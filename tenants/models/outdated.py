"""Whether a sent request names somebody who is no longer as it says (R26), as an expression of the database.

named.outdated() says of one request who that is and what changed; this says of a whole list which ones it is true of.
"""

from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.fields import ArrayField
from django.db.models import BooleanField, ExpressionWrapper, Func, OuterRef, Q, TextField, Value
from django.db.models.functions import Cast, Concat

from contacts.models import Contact, User

_LINES = ArrayField(TextField())


class _PeopleAsSent(Func):
    """A line for each contact in the data of a submission: which contact or user that is, and who they were then."""

    template = (
        "ARRAY(SELECT concat(p.value ->> 'ref', ' ', p.value ->> 'first_name', ' ', p.value ->> 'last_name', ', ', "
        "p.value ->> 'email') FROM jsonb_each(%(expressions)s -> 'contacts') AS p "
        "WHERE jsonb_typeof(p.value) = 'object')"
    )
    output_field = _LINES


def names_outdated_people(sent_data: Any) -> ExpressionWrapper:
    """For rows of TenantRequest; `sent_data` is an expression for what was sent last."""
    contacts = Contact.objects.active().filter(Q(company=OuterRef("company")) | Q(company=OuterRef("partner")))
    colleagues = User.objects.filter(memberships__company=OuterRef("partner"), is_active=True)
    living = Func(
        _as_now(contacts, "contact:"), _as_now(colleagues, "user:"), function="array_cat", output_field=_LINES
    )
    return ExpressionWrapper(~Q(_Within(_PeopleAsSent(sent_data), living)), output_field=BooleanField())


class _Within(Func):
    """Whether every element of one array is in another."""

    template = "(%(expressions)s)"
    arg_joiner = " <@ "
    output_field = BooleanField()
    conditional = True


def _as_now(rows: Any, kind: str) -> ArraySubquery:
    line = Concat(
        Value(kind),
        Cast("public_id", TextField()),
        Value(" "),
        "first_name",
        Value(" "),
        "last_name",
        Value(", "),
        "email",
        output_field=TextField(),
    )
    return ArraySubquery(rows.values(line=line))
