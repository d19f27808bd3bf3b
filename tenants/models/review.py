"""What happens to a request: its history, what the checks found, what a reviewer remarks."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from contacts.models import Company, User
from tenants.models.request import Status, TenantRequest


class Transition(models.Model):
    """One line of a request's history: a verb, or an act that leaves the status as it is (take, release)."""

    tenant_request = models.ForeignKey(TenantRequest, models.CASCADE, related_name="history")
    verb = models.CharField(max_length=30)
    from_status = models.CharField(max_length=20, choices=Status)
    to_status = models.CharField(max_length=20, choices=Status)
    version = models.PositiveIntegerField()
    # Nobody: the portal itself, when a deadline passed.
    by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    # The company it was done for (R05); none for Arxus.
    for_company = models.ForeignKey(Company, models.PROTECT, null=True, blank=True, related_name="+")
    comment = models.TextField(blank=True)
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("history line")
        verbose_name_plural = _("history")
        ordering = ["-at", "-pk"]

    def __str__(self) -> str:
        return f"{self.verb} {self.tenant_request}"

    @property
    def by_arxus(self) -> bool:
        return self.by is not None and self.for_company_id is None


class Remark(models.Model):
    """A reviewer's sentence about one field ("tenant.tenant_name"), or about the whole ("")."""

    tenant_request = models.ForeignKey(TenantRequest, models.CASCADE, related_name="remarks")
    version = models.PositiveIntegerField()
    field = models.CharField(_("field"), max_length=60, blank=True)
    text = models.CharField(_("remark"), max_length=1000)
    suggestion = models.CharField(_("suggested value"), max_length=255, blank=True)
    # Whether the field took it when it was suggested, so that it can be taken over (R36).
    one_click = models.BooleanField(default=True)
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.text


class Objection(models.Model):
    """What somebody who is named says is not right (R37); nothing is decided until staff settle it with a reason."""

    tenant_request = models.ForeignKey(TenantRequest, models.CASCADE, related_name="objections")
    email = models.EmailField()
    name = models.CharField(max_length=150)
    text = models.TextField()
    raised_at = models.DateTimeField()
    settled_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    settled_at = models.DateTimeField(null=True, blank=True)
    settlement = models.TextField(blank=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(settled_at=None) | (Q(settled_by__isnull=False) & ~Q(settlement="")),
                name="an_objection_is_settled_with_a_reason",
            )
        ]

    def __str__(self) -> str:
        return f"{self.name}: {self.tenant_request}"


class Check(models.Model):
    """One automatic finding about a request, with what a person decided about it."""

    class Result(models.TextChoices):
        PASSED = "passed", _("Passed")
        WARNING = "warning", _("Warning")
        PROBLEM = "problem", _("Problem")
        UNKNOWN = "unknown", _("Unknown")
        NOT_RUN = "not_run", _("Not run")

    tenant_request = models.ForeignKey(TenantRequest, models.CASCADE, related_name="checks")
    kind = models.CharField(max_length=30)
    result = models.CharField(max_length=10, choices=Result, default=Result.NOT_RUN)
    sentence = models.TextField(blank=True)
    source = models.CharField(max_length=100, blank=True)
    ran_at = models.DateTimeField(null=True, blank=True)
    # What was checked, hashed: an override is void when it changes.
    fingerprint = models.CharField(max_length=64, blank=True)
    # "Not a user" is for Arxus to solve: when the account was asked for, and under which case (R10).
    asked_on = models.DateField(null=True, blank=True)
    case_number = models.CharField(max_length=40, blank=True)
    overridden_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    overridden_at = models.DateTimeField(null=True, blank=True)
    override_reason = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant_request", "kind"], name="one_finding_per_check")]

    def __str__(self) -> str:
        return f"{self.kind}: {self.result}"

    @property
    def lets_through(self) -> bool:
        """Whether approving may go on: passed, only a warning, or overridden by somebody."""
        return self.result in (self.Result.PASSED, self.Result.WARNING) or self.overridden_at is not None
