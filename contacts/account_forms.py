"""The forms of login, second factors and one's own account: allauth's logic with our words and fields."""

from typing import Any, cast

from allauth.account.forms import ChangePasswordForm as _ChangePasswordForm
from allauth.account.forms import LoginForm as _LoginForm
from allauth.account.forms import ReauthenticateForm as _ReauthenticateForm
from allauth.mfa.base.forms import AuthenticateForm as _AuthenticateForm
from allauth.mfa.base.forms import ReauthenticateForm as _ReauthenticateByCodeForm
from allauth.mfa.totp.forms import ActivateTOTPForm as _ActivateTOTPForm
from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from contacts import addresses
from contacts.fields import EmailField, NameField, PhoneField, TextField
from contacts.models import User
from contacts.passwords import NewPasswordForm, PasswordField, plain_helper

# Session: the address of whoever has just set a password, and logs in with it next.
LOGIN_AS = "login_as"


TOO_MANY_CODES = _(
    "Too many codes that did not fit. Wait five minutes, then type the one that the app shows by then."
    " If it never fits, let your phone set its clock by itself: the codes go by it."
)


def _email_field(help_text: Any = "") -> EmailField:
    return EmailField(
        label=_("E-mail address"),
        help_text=help_text,
        widget=forms.EmailInput(attrs={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}),
    )


def _code_field(label: Any, help_text: Any = "") -> forms.CharField:
    attrs = {"autocomplete": "one-time-code", "inputmode": "numeric", "spellcheck": "false"}
    return forms.CharField(label=label, help_text=help_text, max_length=20, widget=forms.TextInput(attrs=attrs))


class LoginForm(_LoginForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"] = _email_field()
        self.fields["login"].initial = self.request.session.get(LOGIN_AS, "") if self.request else ""
        self.fields["password"] = PasswordField(label=_("Password"))
        self.helper = plain_helper()


class ReauthenticateForm(_ReauthenticateForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password"] = PasswordField(label=_("Password"))
        self.helper = plain_helper()


class ChangePasswordForm(NewPasswordForm):
    oldpassword = PasswordField(label=_("Current password"))
    field_order = ["oldpassword", "password1", "password2"]
    clean_oldpassword = _ChangePasswordForm.clean_oldpassword

    def save(self) -> None:
        self.user.set_password(self.cleaned_data["password1"])
        self.user.save(update_fields=["password"])
        # Those whose mail still waits would be made with the new password.
        self.user.access_links.filter(used_at=None, replaced_at=None).update(replaced_at=timezone.now())


class _CodeForm(forms.Form):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"] = self.code_field()
        self.helper = plain_helper()

    def clean_code(self) -> str:
        try:
            return cast(str, super().clean_code())  # type: ignore[misc]  # allauth's form comes after this one
        except ValidationError as error:
            if error.code != "too_many_login_attempts":
                raise
            # allauth's words are those for passwords, where a link helps.
            raise ValidationError(TOO_MANY_CODES, code=error.code) from None

    @staticmethod
    def code_field() -> forms.CharField:
        return _code_field(_("Code"), _("Six digits from your authenticator app, or one of your recovery codes."))


class AuthenticateForm(_CodeForm, _AuthenticateForm):
    pass


class ReauthenticateByCodeForm(_CodeForm, _ReauthenticateByCodeForm):
    pass


class SetUpAuthenticatorForm(_CodeForm, _ActivateTOTPForm):
    @staticmethod
    def code_field() -> forms.CharField:
        return _code_field(_("Code"), _("The six digits that the app shows now."))


class LostForm(forms.Form):
    """Asks for the address to which a link goes."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"] = _email_field(_("The address with which you log in, or to which your mail should come."))
        self.helper = plain_helper()


class AddressForm(forms.Form):
    """Asks for the address that takes the place of the present one; nothing is looked up of others' accounts (T55)."""

    email = EmailField(
        label=_("New e-mail address"),
        help_text=_("A mail goes there, and your address changes once you have pressed the button behind its link."),
        widget=forms.EmailInput(attrs={"autocomplete": "email", "autocapitalize": "none", "spellcheck": "false"}),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        self.helper = plain_helper()

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"]
        if email == self.user.email:
            raise ValidationError(_("You log in with this address already."))
        if why := addresses.refusal(email, self.user):
            raise ValidationError(why)
        return email


class ProfileForm(forms.ModelForm):
    first_name = NameField(label=_("First name"))
    last_name = NameField(label=_("Last name"))
    phone = PhoneField(label=_("Phone (optional)"), required=False)
    job_title = TextField(
        label=_("Job title (optional)"),
        max_length=100,
        required=False,
        addresses=False,
        help_text=_("Needed where you are named as commercial contact of a request."),
    )

    class Meta:
        model = User
        fields = ["first_name", "last_name", "phone", "job_title", "language"]
        help_texts = {"language": _("The language of the mails you get.")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = plain_helper()
