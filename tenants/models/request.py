"""The request itself: a row from its first step on. Only workflow.py writes its status."""

import uuid

from django.contrib.postgres.expressions import ArraySubquery
from django.db import models
from django.db.models import BooleanField, Case, Exists, ExpressionWrapper, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Concat, JSONObject
from django.utils.translation import gettext_lazy as _

from contacts.acting import Acting, reachable
from contacts.models import Company, Membership, User
from contacts.permissions import Right, groups_with
from tenants.models.outdated import names_outdated_people
from tenants.models.sent import Statement, Submission


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


class WaitsFor(models.TextChoices):
    """Whom a request that is being registered waits for (R35)."""

    ARXUS = "arxus", _("Arxus")
    MICROSOFT = "microsoft", _("Microsoft")
    CUSTOMER = "customer", _("The customer’s administrator")


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

    def waiting_for_arxus(self) -> "TenantRequestQuerySet":
        """What Arxus has to do something about now."""
        return self.filter(status__in=WITH_ARXUS, waits_for=WaitsFor.ARXUS)

    def with_last_submission(self) -> "TenantRequestQuerySet":
        """Bring what was sent last along, as `sent_data` and `sent_last_at`, in the same query."""
        last = Submission.objects.filter(tenant_request=OuterRef("pk")).order_by("-version")
        return self.annotate(
            sent_data=Subquery(last.values("data")[:1]), sent_last_at=Subquery(last.values("sent_at")[:1])
        )

    def with_standing(self) -> "TenantRequestQuerySet":
        """Bring along what standing.py asks: `outdated`, whether a contact is not as sent any more, so that Arxus
        cannot go on (R26), or of a tenant writes to the wrong one; `lost_a_mail` and `objected_to`, whether a mail did
        not arrive, or an objection is open (R37); `owner_acts`, whether its owner may still act (R28)."""
        # Both know this model.
        from tenants.lost_mails import unanswered
        from tenants.models.review import Objection

        last = Submission.objects.filter(tenant_request=OuterRef("pk")).order_by("-version")
        blocked = When(names_outdated_people(Subquery(last.values("data")[:1])), then=True)
        names_people = Q(status__in=(*WITH_ARXUS, Status.REGISTERED))
        outdated = Case(When(~names_people, then=False), blocked, default=False)
        lost = Case(When(~names_people, then=False), When(Exists(unanswered()), then=True), default=False)
        objections = Objection.objects.filter(tenant_request=OuterRef("pk"), settled_at=None)
        members = Membership.objects.filter(user=OuterRef("owner"), company=OuterRef("partner"), user__is_active=True)
        acts = Exists(members.filter(groups__overlap=groups_with(Right.REQUEST_TENANTS)))
        return self.annotate(
            outdated=ExpressionWrapper(outdated, output_field=BooleanField()),
            lost_a_mail=ExpressionWrapper(lost, output_field=BooleanField()),
            objected_to=Exists(objections),
            owner_acts=acts,
        )

    def with_clash(self) -> "TenantRequestQuerySet":
        """Bring along, as `clash_id`, the partner's request or tenant that a draft cannot be sent beside (R23)."""
        same = Q(name_key=OuterRef("name_key")) & ~Q(name_key="") | Q(wanted_id=OuterRef("wanted_id"))
        taken = TenantRequest.objects.filter(same, partner=OuterRef("partner"), status__in=[*OPEN, Status.REGISTERED])
        return self.annotate(clash_id=Subquery(taken.exclude(pk=OuterRef("pk")).values("pk")[:1]))

    def with_statements(self) -> "TenantRequestQuerySet":
        """Bring what was stated along as `stated`, the newest sending first, in the same query."""
        rows = Statement.objects.filter(tenant_request=OuterRef("pk")).order_by("-version", "pk")
        who = Concat("by__first_name", Value(" "), "by__last_name")
        line = JSONObject(kind="kind", text="text", text_version="text_version", language="language", at="at", who=who)
        return self.annotate(stated=ArraySubquery(rows.values(line=line)))

    def with_accepted_by(self, user: User) -> "TenantRequestQuerySet":
        """Bring what the user accepted along as `accepted`, in the same query: fields of statements."""
        rows = Statement.objects.filter(tenant_request=OuterRef("pk"), by=user)
        line = JSONObject(kind="kind", text_version="text_version", subject="subject")
        return self.annotate(accepted=ArraySubquery(rows.values(line=line)))

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
    # Who typed in it last, sent or not (R05); who did anything else to it stands in the history.
    changed_by = models.ForeignKey(
        User,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        editable=False,
        verbose_name=_("last typed in by"),
    )

    # What was typed, step by step, as it was typed: {"tenant": {"tenant_name": "Desmet-Academie", …}, …}. A step is
    # complete when its form accepts what is here.
    answers = models.JSONField(default=dict)
    # The wanted name or domain as last saved, for lists and search.
    wanted = models.CharField(_("tenant"), max_length=255, blank=True)
    # The wanted name or domain in normal form, for R23: of a draft as last saved, else as it was sent.
    name_key = models.CharField(max_length=255, blank=True, editable=False)
    # The tenant id, where one connects an existing tenant by it, and of every tenant that was registered (R23).
    wanted_id = models.UUIDField(null=True, blank=True, editable=False)
    # Counts the sendings; a decision names the version it was made on (R34).
    version = models.PositiveIntegerField(default=0, editable=False)

    sent_at = models.DateTimeField(null=True, blank=True, editable=False)
    # Since when the present holder (Arxus, the partner; while registering also Microsoft, the customer) has it.
    held_since = models.DateTimeField(null=True, blank=True, editable=False)
    # Arxus's target, or the partner's deadline; none while it waits for Microsoft or the customer.
    due_on = models.DateField(null=True, blank=True, editable=False)
    waits_for = models.CharField(max_length=10, choices=WaitsFor, default=WaitsFor.ARXUS, editable=False)
    # Whether the partner forwards the invitation that it waits for, as was decided when it went out (R14).
    invitation_forwarded = models.BooleanField(default=False, editable=False)
    # When the partner said that it has forwarded that invitation.
    forwarded_at = models.DateTimeField(null=True, blank=True, editable=False)
    # How many working days of Arxus's target are left while it stands still (R35); negative where it was late.
    days_left = models.SmallIntegerField(null=True, blank=True, editable=False)
    assignee = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="+", editable=False, verbose_name=_("assigned to")
    )
    # A resubmitted request returns to its reviewer and is free for all from this moment (R31).
    free_from = models.DateTimeField(null=True, blank=True, editable=False)
    # Staff ticked "started at Microsoft": from then on the partner asks to stop, instead of withdrawing.
    started_at = models.DateTimeField(null=True, blank=True, editable=False)
    # The partner asked to stop after that, and has not sent it again since; who, and in which words: the history.
    stop_asked_at = models.DateTimeField(null=True, blank=True, editable=False)

    # Rows of with_standing() alone have these.
    outdated: bool
    lost_a_mail: bool
    objected_to: bool
    owner_acts: bool

    objects = TenantRequestQuerySet.as_manager()

    class Meta:
        verbose_name = _("tenant request")
        verbose_name_plural = _("tenant requests")
        ordering = ["-changed_at", "-pk"]
        permissions = [
            ("decide_tenantrequest", _("Can take and decide tenant requests")),
            ("hand_over_tenantrequest", _("Can hand requests over, and say who is away")),
            ("override_check", _("Can override any check")),
            ("correct_registration", _("Can correct the registration of a tenant")),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["partner", "name_key"],
                condition=Q(status__in=["to_validate", "changes_requested", "registering", "registered"])
                & ~Q(name_key=""),
                name="one_open_request_or_tenant_per_name",
            ),
            models.UniqueConstraint(
                fields=["partner", "wanted_id"],
                condition=Q(status__in=["to_validate", "changes_requested", "registering", "registered"]),
                name="one_open_request_or_tenant_per_id",
            ),
            models.CheckConstraint(condition=Q(status__in=list(Status)), name="request_status_is_known"),
            models.CheckConstraint(
                condition=Q(status__in=["draft", "withdrawn"]) | Q(version__gt=0), name="only_a_sent_request_moves_on"
            ),
            models.CheckConstraint(
                condition=Q(waits_for="arxus", days_left=None) | Q(status="registering", days_left__isnull=False),
                name="only_what_is_registered_waits_for_others",
            ),
        ]
        indexes = [
            models.Index(fields=["company", "-changed_at", "-id"], name="request_of_customer"),
            models.Index(fields=["partner", "-changed_at", "-id"], name="request_of_partner"),
            models.Index(
                fields=["held_since", "id"], condition=Q(status__in=["to_validate", "registering"]), name="queue"
            ),
            models.Index(fields=["name_key"], name="request_name_key"),
            models.Index(fields=["wanted_id"], condition=Q(wanted_id__isnull=False), name="request_wanted_id"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def partner_words(self) -> str:
        if self.to_forward:
            return str(_("With you: invitation to forward"))
        others = {
            WaitsFor.MICROSOFT: _("With Microsoft: being set up"),
            WaitsFor.CUSTOMER: _("With the customer: invitation to accept"),
        }
        return str(others.get(WaitsFor(self.waits_for)) or Status(self.status).partner_words)

    @property
    def to_forward(self) -> bool:
        """Whether the partner still has to forward Microsoft's invitation: Arxus writes to nobody there (R14)."""
        return self.waits_for == WaitsFor.CUSTOMER and self.invitation_forwarded and self.forwarded_at is None

    @property
    def may_be_sent(self) -> bool:
        """Whether Arxus takes it now: where it switched the service off, only what it has seen before (R28)."""
        return bool(self.version) or self.partner.tenant_configuration

    @property
    def connects(self) -> bool:
        """Whether it is about a tenant that exists already."""
        return self.kind == Kind.ONBOARD

    @property
    def is_open(self) -> bool:
        return self.status in OPEN

    @property
    def with_arxus(self) -> bool:
        return self.status in WITH_ARXUS

    @property
    def waits_for_arxus(self) -> bool:
        """Whether the clock of Arxus's target runs (R35)."""
        return self.status in WITH_ARXUS and self.waits_for == WaitsFor.ARXUS
