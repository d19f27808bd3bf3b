"""What somebody typed into a form that can no longer be sent, to be copied."""

from typing import Any

from django import forms

from contacts.fields import plain_label


def in_words(form: forms.Form) -> list[tuple[str, str]]:
    """Labels and values of what was typed; with the remarks of a send-back."""
    rows = [*(form.remarks.forms if hasattr(form, "remarks") else ()), form]
    found = [(field, _words(field)) for row in rows for field in row]
    return [(plain_label(field.label), words) for field, words in found if words]


def _words(field: forms.BoundField) -> str:
    value: Any = field.value()
    if isinstance(field.field, forms.BooleanField) or not value:
        return ""
    if isinstance(field.field, forms.ChoiceField):
        groups: Any = field.field.choices
        choices: dict[Any, Any] = {}
        for key, words in groups:
            choices |= dict(words) if isinstance(words, list) else {key: words}
        return plain_label(choices.get(value, ""))
    return str(value).strip()
