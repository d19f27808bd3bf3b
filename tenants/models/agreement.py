"""The signed agreement between a partner and its customer (R12): uploaded, or stated as kept by the partner."""

from datetime import date
from typing import TYPE_CHECKING
from uuid import uuid4

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from contacts.models import Company, User

if TYPE_CHECKING:
    from contacts.acting import Acting
    from tenants.models import TenantRequest


class AgreementQuerySet(models.QuerySet["Agreement"]):
    def shown_to(self, acting: "Acting") -> "AgreementQuerySet":
        """Those of the customer that one works for; its own users see none (R06)."""
        return self.none() if acting.is_customers_own_user else self.filter(company=acting.company)

    def in_use(self, day: date) -> "AgreementQuerySet":
        """Those that a request can be sent with on that day."""
        return self.filter(retired_at=None).exclude(ends_on__lt=day)

    def to_choose_for(self, tenant_request: "TenantRequest", day: date) -> "AgreementQuerySet":
        """Those that it can be sent with; the one that it was sent with last comes first."""
        sent_with = models.Max("submissions__version", filter=Q(submissions__tenant_request=tenant_request))
        rows = self.filter(company=tenant_request.company_id).in_use(day).annotate(sent_with=sent_with)
        return rows.order_by(models.F("sent_with").desc(nulls_last=True), "-signed_on", "-pk")

    def with_use(self) -> "AgreementQuerySet":
        """Each with `requests`: how many sent requests name it."""
        return self.annotate(requests=models.Count("submissions__tenant_request", distinct=True))


class Agreement(models.Model):
    """A signed document; the customer's, used again until its end date. What was sent with it, it does not change."""

    public_id = models.UUIDField(default=uuid4, unique=True, editable=False)
    company = models.ForeignKey(Company, models.PROTECT, related_name="agreements")
    reference = models.CharField(_("reference"), max_length=100)
    signed_on = models.DateField(_("signed on"))
    ends_on = models.DateField(_("valid until"), null=True, blank=True)
    stated_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    stated_at = models.DateTimeField(auto_now_add=True)
    # The uploaded file, under a name of ours; all four are empty where the partner keeps the document.
    stored_as = models.CharField(max_length=100, blank=True, editable=False)
    shown_name = models.CharField(max_length=150, blank=True, editable=False)
    size = models.PositiveIntegerField(default=0, editable=False)
    sha256 = models.CharField(max_length=64, blank=True, editable=False)
    # No longer offered: ended, or, where `replaced_by` is set, replaced. Requests sent with a replaced one keep it.
    retired_at = models.DateTimeField(null=True, blank=True, editable=False)
    retired_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+", editable=False)
    replaced_by = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="+", editable=False)

    objects = AgreementQuerySet.as_manager()

    class Meta:
        ordering = ["-signed_on", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["company", "reference", "signed_on"],
                condition=Q(retired_at=None),
                name="an_agreement_is_kept_once",
            ),
            models.UniqueConstraint(
                fields=["stored_as"], condition=~Q(stored_as=""), name="a_file_belongs_to_one_agreement"
            ),
            models.CheckConstraint(
                condition=Q(stored_as="", sha256="", shown_name="", size=0)
                | (~Q(stored_as="") & ~Q(sha256="") & ~Q(shown_name="") & Q(size__gt=0)),
                name="an_agreement_has_a_whole_file_or_none",
            ),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def uploaded(self) -> bool:
        return bool(self.stored_as)

    @property
    def ended(self) -> bool:
        return self.retired_at is not None and self.replaced_by_id is None

    def is_over(self, day: date) -> bool:
        return bool(self.why_over(day))

    def why_over(self, day: date) -> str:
        """Why nothing can be approved with it on that day, or ""; what was valid when it was sent may be over now."""
        named = {"reference": self.reference, "signed": date_format(self.signed_on, "j F Y")}
        if self.ends_on and self.ends_on < day:
            sentence = gettext("The signed agreement %(reference)s of %(signed)s was valid until %(day)s.")
            return sentence % {**named, "day": date_format(self.ends_on, "j F Y")}
        if self.ended:
            sentence = gettext("The partner ended the signed agreement %(reference)s of %(signed)s on %(day)s.")
            return sentence % {**named, "day": date_format(timezone.localdate(self.retired_at), "j F Y")}
        return ""
