"""Who can log in."""

import uuid
from collections.abc import Iterator
from hashlib import sha256
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from phonenumber_field.modelfields import PhoneNumberField

from notifications.folding import fold


def sort_key(name: str) -> str:
    """Fold a name so that a plain sort puts "Élan" beside "elan"."""
    return fold(name)


class Language(models.TextChoices):
    """The languages in which Arxus writes mails."""

    NL = "nl", _("Dutch")
    FR = "fr", _("French")
    EN = "en", _("English")


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Make a user who logs in as `email`; without a password the account waits for its activation link."""
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)


class User(AbstractBaseUser, PermissionsMixin):
    """Somebody who can log in. An account is Arxus staff or has memberships, never both."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    email = models.EmailField(_("e-mail address"), unique=True)
    first_name = models.CharField(_("first name"), max_length=50)
    last_name = models.CharField(_("last name"), max_length=50)
    phone = PhoneNumberField(_("phone"), blank=True)
    # A colleague can be named as a contact without retyping, and a commercial contact needs one.
    job_title = models.CharField(_("job title"), max_length=100, blank=True)
    language = models.CharField(_("language"), max_length=2, choices=Language, default=Language.EN)
    is_staff = models.BooleanField(_("Arxus staff"), default=False)
    is_active = models.BooleanField(_("may log in"), default=True)
    # Arxus staff alone: the day on which they are back; no work comes to them before.
    away_until = models.DateField(_("away until"), null=True, blank=True, editable=False)
    date_joined = models.DateTimeField(default=timezone.now, editable=False)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ["first_name", "last_name"]
    objects: ClassVar[UserManager] = UserManager()

    class Meta:
        ordering = ["last_name", "first_name"]
        constraints = [
            models.CheckConstraint(condition=Q(email=Lower("email")), name="user_email_is_lower_case"),
        ]

    def __str__(self) -> str:
        return self.get_full_name() or self.email

    def get_full_name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()

    def get_session_auth_hash(self) -> str:
        """Sessions end with the password, as Django has it, and with the address too (T48)."""
        return f"{super().get_session_auth_hash()}{self._address_hash()}"

    def get_session_auth_fallback_hash(self) -> Iterator[str]:
        for former in super().get_session_auth_fallback_hash():
            yield f"{former}{self._address_hash()}"

    def _address_hash(self) -> str:
        # Bound to nothing secret: the other half is.
        return sha256(self.email.encode()).hexdigest()

    def get_short_name(self) -> str:
        return self.first_name
