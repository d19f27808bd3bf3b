"""Microsoft's invitation to a customer's administrator (R35)."""

from datetime import timedelta

from django.db import models
from django.utils.translation import gettext_lazy as _

from contacts.models import User
from tenants.models.request import TenantRequest

# When an administrator is reminded of an invitation that is not accepted yet.
REMINDERS = (timedelta(days=3), timedelta(days=7))


class Invitation(models.Model):
    """One mail with Microsoft's link, and its reminders; a request that comes back to the customer gets a new one."""

    tenant_request = models.ForeignKey(TenantRequest, models.CASCADE, related_name="invitations")
    link = models.URLField(_("Microsoft’s invitation link"), max_length=500)
    # Who accepts it, as sent: names, e-mail, language.
    administrator = models.JSONField()
    # The partner got it, with a text to forward: Arxus does not write to this administrator (R14).
    forwarded = models.BooleanField()
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    # How many reminders followed it.
    reminders = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.tenant_request}: {self.administrator['email']}"
