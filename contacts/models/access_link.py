"""The links that let somebody set a password, or take another address."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from contacts.models.membership import Invitation
from contacts.models.user import User


class AccessLink(models.Model):
    """A link that lets its owner set a password: activation (72 hours) or reset (30 minutes); or one that shows that
    they read the mails of another address (72 hours), which is the one in `email` then.

    The link itself is never stored: it is an HMAC under LINK_KEY over id, address and password hash (R42), so a used,
    changed or outdated one simply no longer fits.
    """

    class Purpose(models.TextChoices):
        ACTIVATION = "activation", _("Activation")
        RESET = "reset", _("Reset")
        ADDRESS = "address", _("Change of address")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="access_links")
    purpose = models.CharField(max_length=10, choices=Purpose)
    email = models.EmailField()
    # The companies of its owner when it was issued: when one of those memberships ends, the link is dead.
    companies = ArrayField(models.BigIntegerField(), default=list)
    # The invitation that is accepted by setting the password: the link dies with it.
    invitation = models.ForeignKey(Invitation, models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    used_at = models.DateTimeField(null=True, blank=True)
    replaced_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                "user",
                "purpose",
                condition=Q(used_at=None, replaced_at=None),
                name="one_living_link_per_user_and_purpose",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_purpose_display()} for {self.email}"
