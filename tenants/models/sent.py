"""What was sent, and what was stated with it: kept as it was, whatever is edited later (R15, R25)."""

from datetime import datetime

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models

from contacts.models import Language, User
from tenants.models.agreement import Agreement


class Submission(models.Model):
    """What was sent, or corrected since, kept as it was (R25). `data` holds the values of each step."""

    tenant_request = models.ForeignKey("tenants.TenantRequest", models.CASCADE, related_name="submissions")
    version = models.PositiveIntegerField()
    data = models.JSONField()
    # Every address named in it, in lower case: for the search of staff, and for R31.
    emails = ArrayField(models.EmailField(), default=list)
    # Every name in it, a line each, without accents and capitals: for the search of staff.
    names = models.TextField(blank=True, default="")
    agreement = models.ForeignKey(Agreement, models.PROTECT, null=True, blank=True, related_name="submissions")
    sent_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    sent_at = models.DateTimeField()
    # A version that only corrects a person of the one before (R26), or names other contacts of a registered tenant: who
    # sent it, and when, stay as they were.
    corrected_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    corrected_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["version"]
        constraints = [models.UniqueConstraint(fields=["tenant_request", "version"], name="a_version_is_sent_once")]
        indexes = [GinIndex(fields=["emails"], name="submission_emails")]

    def __str__(self) -> str:
        return f"{self.tenant_request}, version {self.version}"

    @property
    def dated(self) -> datetime:
        """When this version came to be."""
        return self.corrected_at or self.sent_at


class Statement(models.Model):
    """A text that somebody accepted, kept as it read; never edited or deleted."""

    tenant_request = models.ForeignKey("tenants.TenantRequest", models.PROTECT, related_name="statements")
    # The sending it was accepted with.
    version = models.PositiveIntegerField()
    kind = models.CharField(max_length=40)
    text_version = models.PositiveSmallIntegerField()
    language = models.CharField(max_length=2, choices=Language)
    text = models.TextField()
    # The people it speaks of, by role: another person in a role voids it, a corrected spelling does not (R15).
    subject = models.JSONField(default=dict)
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    ip_address = models.GenericIPAddressField(null=True, blank=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["tenant_request", "version", "kind"], name="a_statement_is_accepted_once")
        ]

    def __str__(self) -> str:
        return self.text
