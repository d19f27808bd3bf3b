"""What people write in their own words about a request: it is mailed or kept, so no password may stand in it (R42)."""

import re
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from contacts.fields import TextField

# "password: Welkom01", and what Microsoft gives out itself: three letters and five digits, or of every kind something.
_NAMED = re.compile(
    r"(\b(?:password|passwoord|wachtwoord|mot de passe|passwort|pass|pwd|pw|mdp)\b"
    r"(?:\s*[:=]\s*(?=\S*[^a-zA-Z\s])|\s+(?:is|luidt|est|lautet)\s+(?=\S*[0-9!@#$%^&*?])))\S{4,}",
    re.IGNORECASE,
)
# What stands in the place of one that somebody typed.
LEFT_OUT = "•••••"
_GIVEN = re.compile(r"[A-Z][a-z]{2}[0-9]{5,}")
_KINDS = (r"[a-z]", r"[A-Z]", r"[0-9]", r"[^A-Za-z0-9]")


class WordsField(TextField):
    """A text that refuses what looks like a password."""

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        refuse_password(text)
        return text


def refuse_password(text: str, *, anywhere: bool = False) -> None:
    """No password is ever kept here (R42); what looks like one is refused.

    `anywhere` is for a field where one might well be pasted: every word that could be one is refused there.
    """
    if LEFT_OUT in text or without_passwords(text, anywhere=anywhere) != text:
        raise forms.ValidationError(
            _("This looks like a password, and none may ever stand here, nor in a mail. Write the sentence without it.")
        )


def without_password(name: str, value: str) -> str:
    """What may be kept of a field while somebody types in it (R42); a link is none of their own words."""
    if name == "link":
        return value
    return without_passwords(value, anywhere=name in ("first_login", "correlation_id"))


def without_passwords(text: str, *, anywhere: bool = False) -> str:
    """The text with dots in the place of what is named as a password, or looks like one of Microsoft's."""

    def dots(found: re.Match[str]) -> str:
        word = found[0].strip(".,;:()\"'“”")
        return LEFT_OUT if _GIVEN.fullmatch(word) or (anywhere and _has_every_kind(word)) else found[0]

    return re.sub(r"\S+", dots, _NAMED.sub(rf"\1{LEFT_OUT}", text))


def _has_every_kind(word: str) -> bool:
    if len(word) < 8 or re.search(r"@\S+\.|/", word):
        return False  # an address
    return all(re.search(kind, word) for kind in _KINDS)
