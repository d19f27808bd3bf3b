"""Who works for which company, and who is asked to."""

import uuid
from collections.abc import Iterable

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from contacts.models.company import Company
from contacts.models.user import Language, User


class Group(models.TextChoices):
    """Permission groups of a membership; contacts/permissions.py says what each allows."""

    FULL = "full", _("Full Role")
    CUSTOMERS = "customers", _("Customer Management")
    TENANTS = "tenants", _("Tenant Configuration")
    TECHNICAL = "technical", _("Technical contact")
    READ_ONLY = "read_only", _("Read only")


def group_labels(groups: Iterable[str]) -> list[str]:
    """The groups in words, in the order in which they are always named."""
    return [str(group.label) for group in Group if group in groups]


class Membership(models.Model):
    """A user works in a company, with permission groups. Ending it deletes the row."""

    user = models.ForeignKey(User, models.CASCADE, related_name="memberships")
    company = models.ForeignKey(Company, models.CASCADE, related_name="memberships")
    groups = ArrayField(models.CharField(max_length=10, choices=Group), default=list, blank=True)
    # Whose account somebody else opened is called here as the request named them, until they accept an invitation.
    called = models.CharField(_("called here"), max_length=101, blank=True, editable=False)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = [F("last_used_at").desc(nulls_last=True), "created_at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["user", "company"], name="a_user_is_a_member_once"),
            models.CheckConstraint(condition=Q(groups__contained_by=list(Group)), name="membership_groups_are_known"),
        ]

    def __str__(self) -> str:
        return f"{self.user} at {self.company}"

    @property
    def name(self) -> str:
        """What people of this company may call the member."""
        return self.called or str(self.user)

    @property
    def group_labels(self) -> list[str]:
        return group_labels(self.groups)


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def pending(self) -> "InvitationQuerySet":
        """Neither accepted nor withdrawn; among them those whose time is over."""
        return self.filter(accepted_at=None, withdrawn_at=None)

    def open(self) -> "InvitationQuerySet":
        """Those that can be accepted now."""
        return self.pending().filter(expires_at__gt=timezone.now())


class Invitation(models.Model):
    """Somebody is asked to work for a company. Accepting makes the membership; whether there was an account before is
    nobody's business, so that the row reads the same either way."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    company = models.ForeignKey(Company, models.CASCADE, related_name="invitations")
    email = models.EmailField(_("e-mail address"))
    # As the inviter wrote them; the account says the same only if it was opened by this invitation.
    first_name = models.CharField(_("first name"), max_length=50)
    last_name = models.CharField(_("last name"), max_length=50)
    language = models.CharField(_("language"), max_length=2, choices=Language)
    groups = ArrayField(models.CharField(max_length=10, choices=Group), default=list, blank=True)
    invited_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    sent_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        ordering = ["-sent_at"]
        constraints = [
            models.CheckConstraint(condition=Q(email=Lower("email")), name="invitation_email_is_lower_case"),
            models.CheckConstraint(condition=Q(groups__contained_by=list(Group)), name="invitation_groups_are_known"),
            models.UniqueConstraint(
                "company",
                "email",
                condition=Q(accepted_at=None, withdrawn_at=None),
                name="one_pending_invitation_per_company_and_address",
            ),
        ]
        indexes = [models.Index(fields=["email"], name="invitation_email")]

    def __str__(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()

    @property
    def is_open(self) -> bool:
        return not self.accepted_at and not self.withdrawn_at and self.expires_at > timezone.now()

    @property
    def group_labels(self) -> list[str]:
        return group_labels(self.groups)
