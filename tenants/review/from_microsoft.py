"""What staff copy from Microsoft, read or refused: ids, the initial domain, how a login was handed over."""

import re
from uuid import UUID

from django import forms
from django.utils.translation import gettext as _

from tenants.questions import SUFFIX, clean_tenant_name

# "password: Welkom01", and what Microsoft gives out itself: three letters and five digits, or of every kind something.
_NAMED = re.compile(
    r"\b(?:password|passwoord|wachtwoord|mot de passe|passwort|pass|pwd|pw|mdp)\s*[:=]\s*(?=\S*[^a-z\s])\S{4,}",
    re.IGNORECASE,
)
_GIVEN = re.compile(r"[A-Z][a-z]{2}[0-9]{5,}")
_KINDS = (r"[a-z]", r"[A-Z]", r"[0-9]", r"[^A-Za-z0-9]")


def refuse_zeros(typed: str | UUID) -> None:
    """An id that is only zeros is what programs show while they have none."""
    if re.fullmatch(r"(?=.*0)[0{}\s-]+", str(typed)):
        raise forms.ValidationError(_("These are only zeros. Copy the id from Microsoft."))


def refuse_password(text: str) -> None:
    """No password is ever kept here (R42); what looks like one is refused."""
    if _NAMED.search(text) or any(_looks_like_one(word.strip(".,;:()\"'“”")) for word in text.split()):
        raise forms.ValidationError(
            _("This looks like a password, and none may ever stand here. Write only to whom it was given, and how.")
        )


def _looks_like_one(word: str) -> bool:
    if _GIVEN.fullmatch(word):
        return True
    if len(word) < 8 or re.search(r"@\S+\.|/", word):
        return False  # an address
    return all(re.search(kind, word) for kind in _KINDS)


def clean_domain(typed: str) -> str:
    """The initial domain of a tenant; the suffix may be left out."""
    name = re.sub(r"\s", "", typed).lower().removesuffix(".")
    if "." in name.removesuffix(SUFFIX):
        raise forms.ValidationError(_("The initial domain ends in .onmicrosoft.com."))
    return clean_tenant_name(name) + SUFFIX
