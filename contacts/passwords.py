"""What a password has to be: long, and not one of those that are tried first. No rules about kinds of characters."""

import re
import unicodedata
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from crispy_forms.helper import FormHelper
from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.utils.translation import gettext, ngettext_lazy
from django.utils.translation import gettext_lazy as _

from contacts.models import Invitation, User, sort_key

LONG_ENOUGH = 15
LONGEST = 256
# In every list of passwords; they count for nothing, like the names of one's company.
GUESSED_FIRST = [
    *("wachtwoord", "motdepasse", "passwoord", "microsoft", "bienvenue", "1234567890", "password", "passw0rd"),
    *("12345678", "iloveyou", "welcome", "azerty", "qwerty", "welkom", "123456", "azure", "admin", "login", "arxus"),
]


class GuessableValidator:
    """Refuses what would be too short without the parts that everybody guesses, and what only repeats itself."""

    def validate(self, password: str, user: User | None = None) -> None:
        folded = left = sort_key(password)
        found = [word for word in _words(user) if word in folded]
        for word in found:
            left = left.replace(word, "")
        if found and len(left) < LONG_ENOUGH:
            raise ValidationError(
                _("Without “%(word)s” this password is too short: names and words like this are guessed first."),
                code="guessable",
                params={"word": found[0]},
            )
        if _repeats(folded):
            raise ValidationError(
                _("This password repeats or counts. Choose several words that have nothing to do with each other."),
                code="repeats",
            )

    def get_help_text(self) -> str:
        return gettext("The names of companies and words such as “password” do not count.")


def _words(user: User | None) -> Iterator[str]:
    yield from GUESSED_FIRST
    if user is None or user.pk is None:
        return
    # Whoever is invited has no membership before the password is set.
    invited = Invitation.objects.pending().filter(email=user.email).select_related("company__partner")
    works_for = [membership.company for membership in user.memberships.select_related("company__partner")]
    for one in [*works_for, *(invitation.company for invitation in invited)]:
        for company in (one, one.partner):
            names = re.findall(r"\w{4,}", sort_key(company.legal_name) if company else "")
            yield from sorted(names, key=len, reverse=True)


def _repeats(text: str) -> bool:
    steps = {ord(after) - ord(before) for before, after in pairwise(text)}
    return len(set(text)) < 5 or steps in ({1}, {-1}) or bool(re.fullmatch(r"(.{1,14})\1+", text))


class PasswordField(forms.CharField):
    """A password as typed, spaces included; the same characters from any keyboard give the same password."""

    def __init__(self, *, new: bool = False, **kwargs: Any) -> None:
        autocomplete = "new-password" if new else "current-password"
        widget = forms.PasswordInput(attrs={"autocomplete": autocomplete})
        super().__init__(strip=False, widget=widget, **kwargs)
        too_long = ngettext_lazy(
            "A password has at most %(limit_value)d character; this one has %(show_value)d.",
            "A password has at most %(limit_value)d characters; this one has %(show_value)d.",
            "limit_value",
        )
        # As a validator: a maxlength in the page would cut off silently what somebody pastes.
        self.validators.append(MaxLengthValidator(LONGEST, too_long))

    def to_python(self, value: Any) -> str:
        return unicodedata.normalize("NFKC", super().to_python(value) or "")


class NewPasswordForm(forms.Form):
    """Asks for a new password twice."""

    password1 = PasswordField(
        new=True,
        label=_("New password"),
        help_text=_("15 characters or more. Four unrelated words are fine; spaces too."),
    )
    password2 = PasswordField(new=True, label=_("The same password again"))

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        self.user = user
        super().__init__(*args, **kwargs)
        self.helper = plain_helper()

    def clean(self) -> dict[str, Any]:
        check_new_password(self, self.user)
        return self.cleaned_data


def plain_helper() -> FormHelper:
    """Draws only the fields: the page has the form tag, the tokens and the button."""
    helper = FormHelper()
    helper.form_tag = False
    helper.disable_csrf = True
    return helper


def check_new_password(form: forms.Form, user: User) -> None:
    """Put what is wrong with password1 and password2 beside them."""
    password, again = form.cleaned_data.get("password1"), form.cleaned_data.get("password2")
    if password:
        try:
            validate_password(password, user)
        except ValidationError as error:
            form.add_error("password1", error)
    if password and again and password != again:
        form.add_error("password2", _("This is not the same as above. Type the same password twice."))
