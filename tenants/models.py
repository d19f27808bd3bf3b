"""Tenant requests and what belongs to them. Only workflow.py writes a status."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import OuterRef, Q, Subquery
from django.utils.translation import gettext_lazy as _

from contacts.current import Acting, reachable
from contacts.models import Company, Language, User
from contacts.permissions import Right


class Status(models.TextChoices):
    """Where a request stands, in the words of staff; `partner_words` says it to partners."""

    DRAFT = "draft", _("Draft")
    TO_VALIDATE = "to_validate", _("To validate")
    CHANGES_REQUESTED = "changes_requested", _("Changes requested")
    REGISTERING = "registering", _("Registering")
    REGISTERED = "registered", _("Registered")
    REJECTED = "rejected", _("Rejected")
    WITHDRAWN = "withdrawn", _("Withdrawn")

    @property
    def partner_words(self) -> str:
        words = {
            "draft": _("Draft"),
            "to_validate": _("With Arxus: being checked"),
            "changes_requested": _("With you: changes needed"),
            "registering": _("With Arxus: being set up at Microsoft"),
            "registered": _("Tenant ready"),
            "rejected": _("Not accepted"),
            "withdrawn": _("Withdrawn"),
        }
        return str(words[self.value])


OPEN = (Status.TO_VALIDATE, Status.CHANGES_REQUESTED, Status.REGISTERING)
WITH_ARXUS = (Status.TO_VALIDATE, Status.REGISTERING)


class Kind(models.TextChoices):
    CREATE = "create", _("Create a new tenant")
    ONBOARD = "onboard", _("Connect an existing tenant")


class TenantRequestQuerySet(models.QuerySet["TenantRequest"]):
    def of(self, company: Company) -> "TenantRequestQuerySet":
        """The requests of a customer, or of all customers of a partner."""
        return self.filter(company=company) if company.is_customer else self.filter(partner=company)

    def shown_to(self, acting: Acting) -> "TenantRequestQuerySet":
        """What somebody may see in the company they work for now; drafts only where their groups allow it (R06)."""
        rows = self.of(acting.company)
        return rows if acting.can(Right.VIEW_DRAFTS) else rows.sent()

    def reachable_by(self, user: User) -> "TenantRequestQuerySet":
        """The requests of every company that somebody may work for, in whichever they work now (R04)."""
        companies = reachable(user)
        rows = self.filter(company__in=companies)
        own = user.memberships.filter(company__kind=Company.Kind.PARTNER).values("company")
        return rows.filter(Q(version__gt=0) | Q(partner__in=own))

    def with_last_submission(self) -> "TenantRequestQuerySet":
        """Bring what was sent last along, as `sent_data` and `sent_last_at`, in the same query."""
        last = Submission.objects.filter(tenant_request=OuterRef("pk")).order_by("-version")
        return self.annotate(
            sent_data=Subquery(last.values("data")[:1]), sent_last_at=Subquery(last.values("sent_at")[:1])
        )

    def sent(self) -> "TenantRequestQuerySet":
        return self.exclude(status=Status.DRAFT).exclude(version=0)


class TenantRequest(models.Model):
    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    number = models.CharField(_("number"), max_length=12, unique=True, editable=False)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind, default=Kind.CREATE)
    status = models.CharField(_("status"), max_length=20, choices=Status, default=Status.DRAFT, editable=False)
    company = models.ForeignKey(Company, models.PROTECT, related_name="tenant_requests", verbose_name=_("customer"))
    # A request remembers its partner, whatever becomes of the customer (DOMAIN §3).
    partner = models.ForeignKey(Company, models.PROTECT, related_name="+", verbose_name=_("partner"))
    owner = models.ForeignKey(User, models.PROTECT, related_name="owned_requests", verbose_name=_("owner"))
    created_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(_("last change"))

    # What was typed, step by step, as it was typed: {"tenant": {"tenant_name": "Desmet-Academie", …}, …}. A step is
    # complete when its form accepts what is here.
    answers = models.JSONField(default=dict)
    # The wanted name or domain as last saved, for lists and search.
    wanted = models.CharField(_("tenant"), max_length=255, blank=True)
    # The wanted name or domain in normal form, from the first sending on (R23).
    name_key = models.CharField(max_length=255, blank=True, editable=False)
    # Counts the sendings; a decision names the version it was made on (R34).
    version = models.PositiveIntegerField(default=0, editable=False)

    sent_at = models.DateTimeField(null=True, blank=True, editable=False)
    # Since when the present holder (Arxus or the partner) has it.
    held_since = models.DateTimeField(null=True, blank=True, editable=False)
    # Arxus's target, or the partner's deadline.
    due_on = models.DateField(null=True, blank=True, editable=False)
    assignee = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="+", editable=False, verbose_name=_("assigned to")
    )
    # A resubmitted request returns to its reviewer and is free for all from this moment (R31).
    free_from = models.DateTimeField(null=True, blank=True, editable=False)
    # Staff ticked "started at Microsoft": from then on the partner asks to stop, instead of withdrawing.
    started_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = TenantRequestQuerySet.as_manager()

    class Meta:
        verbose_name = _("tenant request")
        verbose_name_plural = _("tenant requests")
        ordering = ["-changed_at", "-pk"]
        permissions = [
            ("decide_tenantrequest", _("Can take and decide tenant requests")),
            ("override_check", _("Can override any check")),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["partner", "name_key"],
                condition=Q(status__in=["to_validate", "changes_requested", "registering", "registered"])
                & ~Q(name_key=""),
                name="one_open_request_or_tenant_per_name",
            ),
            models.CheckConstraint(condition=Q(status__in=list(Status)), name="request_status_is_known"),
            models.CheckConstraint(
                condition=Q(status__in=["draft", "withdrawn"]) | Q(version__gt=0), name="only_a_sent_request_moves_on"
            ),
        ]
        indexes = [
            models.Index(fields=["company", "-changed_at", "-id"], name="request_of_customer"),
            models.Index(fields=["partner", "-changed_at", "-id"], name="request_of_partner"),
            models.Index(
                fields=["held_since", "id"], condition=Q(status__in=["to_validate", "registering"]), name="queue"
            ),
            models.Index(fields=["name_key"], name="request_name_key"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def partner_words(self) -> str:
        return Status(self.status).partner_words

    @property
    def is_open(self) -> bool:
        return self.status in OPEN

    @property
    def with_arxus(self) -> bool:
        return self.status in WITH_ARXUS


class Agreement(models.Model):
    """A signed document between partner and customer; the customer's, used again until its end date."""

    company = models.ForeignKey(Company, models.PROTECT, related_name="agreements")
    reference = models.CharField(_("reference"), max_length=100)
    signed_on = models.DateField(_("signed on"))
    ends_on = models.DateField(_("valid until"), null=True, blank=True)
    stated_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    stated_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-signed_on", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["company", "reference", "signed_on"], name="an_agreement_is_kept_once")
        ]

    def __str__(self) -> str:
        return self.reference


class Submission(models.Model):
    """What was sent, kept as it was sent (R25). `data` holds the values of each step; steps.py reads it back."""

    tenant_request = models.ForeignKey(TenantRequest, models.CASCADE, related_name="submissions")
    version = models.PositiveIntegerField()
    data = models.JSONField()
    # Every address named in it, in lower case: for the search of staff, and for R31.
    emails = ArrayField(models.EmailField(), default=list)
    agreement = models.ForeignKey(Agreement, models.PROTECT, null=True, blank=True, related_name="+")
    sent_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    sent_at = models.DateTimeField()

    class Meta:
        ordering = ["version"]
        constraints = [models.UniqueConstraint(fields=["tenant_request", "version"], name="a_version_is_sent_once")]
        indexes = [GinIndex(fields=["emails"], name="submission_emails")]

    def __str__(self) -> str:
        return f"{self.tenant_request}, version {self.version}"


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
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.text


class Statement(models.Model):
    """A text that somebody accepted, kept as it read; never edited or deleted."""

    tenant_request = models.ForeignKey(TenantRequest, models.PROTECT, related_name="statements")
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
    live = models.BooleanField(default=True, editable=False)
    registered_at = models.DateTimeField(editable=False)
    registered_by = models.ForeignKey(User, models.PROTECT, related_name="+", editable=False)

    class Meta:
        ordering = ["-registered_at"]
        constraints = [
            models.UniqueConstraint(fields=["tenant_id"], condition=Q(live=True), name="a_living_tenant_id_is_unique")
        ]

    def __str__(self) -> str:
        return self.domain


class DirectoryImport(models.Model):
    """A file of ServiceNow users that staff brought: first previewed, then applied whole (R10)."""

    file_name = models.CharField(max_length=255)
    dated = models.DateField(_("date of the file"))
    rows = models.JSONField(default=list)
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField(auto_now_add=True)
    applied_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("ServiceNow directory file")
        verbose_name_plural = _("ServiceNow directory")
        ordering = ["-uploaded_at"]

    def __str__(self) -> str:
        return f"{self.file_name}, {self.dated}"


class DirectoryEntry(models.Model):
    """One ServiceNow user of the file applied last; two with one address are an ambiguity."""

    file = models.ForeignKey(DirectoryImport, models.CASCADE, related_name="entries")
    email = models.EmailField()
    user_name = models.CharField(max_length=100)
    active = models.BooleanField()
    locked = models.BooleanField()

    class Meta:
        indexes = [models.Index(fields=["file", "email"], name="directory_email")]

    def __str__(self) -> str:
        return self.user_name
