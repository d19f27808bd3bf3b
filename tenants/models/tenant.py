"""What registering makes."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from contacts.models import Company, User
from tenants.models.request import TenantRequest


class Tenant(models.Model):
    """A tenant at Microsoft, made by registering a request."""

    class MicrosoftAgreement(models.TextChoices):
        DONE = "done", _("Accepted")
        PENDING = "pending", _("Still to be accepted")

    company = models.ForeignKey(Company, models.PROTECT, related_name="tenants")
    tenant_request = models.OneToOneField(TenantRequest, models.PROTECT, related_name="tenant")
    tenant_id = models.UUIDField(_("tenant id"))
    domain = models.CharField(_("initial domain"), max_length=253)
    agreement = models.CharField(_("Microsoft Customer Agreement"), max_length=10, choices=MicrosoftAgreement)
    first_login = models.CharField(_("how the first login was handed over"), max_length=255, blank=True)
    correlation_id = models.CharField(_("Microsoft's correlation id"), max_length=64, blank=True)
    # When the customer accepted it, where it was still to be accepted on registering.
    agreement_accepted_on = models.DateField(null=True, blank=True)
    # Names, domains and ids by which somebody may still look for it: asked for and not given, or corrected since.
    formerly = ArrayField(models.CharField(max_length=253), default=list, blank=True, editable=False)
    live = models.BooleanField(default=True, editable=False)
    registered_at = models.DateTimeField(editable=False)
    registered_by = models.ForeignKey(User, models.PROTECT, related_name="+", editable=False)

    class Meta:
        ordering = ["-registered_at"]
        constraints = [
            models.UniqueConstraint(fields=["tenant_id"], condition=Q(live=True), name="a_living_tenant_id_is_unique")
        ]
        indexes = [GinIndex(fields=["formerly"], name="tenant_formerly")]

    def __str__(self) -> str:
        return self.domain
