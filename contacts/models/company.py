"""Partners and their customers."""

import re
import uuid

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django_countries.fields import CountryField
from phonenumber_field.modelfields import PhoneNumberField

from contacts.models.user import Language, User, sort_key


class Industry(models.TextChoices):
    """What a company does; Microsoft asks for it when a tenant is made."""

    AGRICULTURE = "agriculture", _("Agriculture, forestry and fishing")
    CONSTRUCTION = "construction", _("Construction and real estate")
    EDUCATION = "education", _("Education")
    FINANCE = "finance", _("Banking and insurance")
    GOVERNMENT = "government", _("Government")
    HEALTH = "health", _("Health and care")
    HOSPITALITY = "hospitality", _("Hotels, restaurants and travel")
    ICT = "ict", _("Information technology and telecom")
    MANUFACTURING = "manufacturing", _("Manufacturing")
    MEDIA = "media", _("Media, culture and sport")
    NONPROFIT = "nonprofit", _("Associations and charities")
    SERVICES = "services", _("Professional services")
    RETAIL = "retail", _("Retail and wholesale")
    TRANSPORT = "transport", _("Transport and logistics")
    UTILITIES = "utilities", _("Energy, water and waste")
    OTHER = "other", _("Something else")


class MicrosoftLanguage(models.TextChoices):
    NL = "nl", _("Dutch")
    FR = "fr", _("French")
    DE = "de", _("German")
    EN = "en", _("English")


class CompanyQuerySet(models.QuerySet["Company"]):
    def search(self, text: str) -> "CompanyQuerySet":
        """By a part of the name, with or without accents, or of the number, as people write it."""
        wanted = Q(sort_name__contains=sort_key(text))
        number = re.sub(r"[^0-9A-Z]", "", text.upper())
        if any(char.isdigit() for char in number):
            wanted |= Q(enterprise_number__contains=number)
        return self.filter(wanted)


class Company(models.Model):
    """A partner of Arxus, or a customer of exactly one partner."""

    class Kind(models.TextChoices):
        PARTNER = "partner", _("Partner")
        CUSTOMER = "customer", _("Customer")

    class Relation(models.TextChoices):
        RESELLER = "reseller", _("The customer knows Arxus")
        VAP = "vap", _("Only through us: the customer does not know Arxus")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(max_length=10, choices=Kind)
    partner = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="customers")
    relation = models.CharField(_("relation"), max_length=10, choices=Relation, blank=True)
    country = CountryField(_("country"), default="BE")
    enterprise_number = models.CharField(_("VAT or enterprise number"), max_length=20)
    legal_name = models.CharField(_("legal name"), max_length=255)
    # PostgreSQL's C collation sorts "Zoë" before "alpha": lists sort by this accent-folded copy, made by sort_key().
    sort_name = models.CharField(max_length=255, editable=False)
    street = models.CharField(_("street and number"), max_length=200, blank=True)
    box = models.CharField(_("box"), max_length=20, blank=True)
    postal_code = models.CharField(_("postal code"), max_length=12, blank=True)
    town = models.CharField(_("town"), max_length=100, blank=True)
    phone = PhoneNumberField(_("phone"), blank=True)
    industry = models.CharField(_("industry"), max_length=20, choices=Industry, blank=True)
    microsoft_language = models.CharField(_("Microsoft language"), max_length=2, choices=MicrosoftLanguage, blank=True)
    email_domains = ArrayField(models.CharField(max_length=253), default=list, blank=True)
    tenant_configuration = models.BooleanField(_("Tenant Configuration is switched on"), default=False)
    success_manager = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="+", limit_choices_to={"is_staff": True}
    )
    # As Microsoft's interface names them: partnerId of the relationship, tenant of the partner, and AssociatedPartnerId
    # of a customer that is made for it.
    microsoft_partner_id = models.CharField(_("Microsoft partner id"), max_length=40, blank=True)
    microsoft_tenant_id = models.UUIDField(_("Microsoft tenant id of the partner"), null=True, blank=True)
    microsoft_associated_id = models.CharField(_("associated partner id"), max_length=40, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+", editable=False)

    objects = CompanyQuerySet.as_manager()

    class Meta:
        verbose_name = _("company")
        verbose_name_plural = _("companies")
        ordering = ["sort_name", "pk"]
        permissions = [("change_relation", "Can change whether a customer knows Arxus")]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="partner", partner=None, relation="")
                | Q(kind="customer", partner__isnull=False, relation__in=["reseller", "vap"]),
                name="only_a_customer_has_a_partner_and_a_relation",
            ),
            models.UniqueConstraint(
                "partner",
                "enterprise_number",
                condition=Q(kind="customer"),
                name="a_partner_has_a_customer_once",
            ),
        ]
        indexes = [
            models.Index(fields=["partner", "sort_name", "id"], name="company_list"),
            GinIndex(fields=["email_domains"], name="company_email_domains"),
        ]

    def __str__(self) -> str:
        return self.legal_name

    @property
    def is_customer(self) -> bool:
        return self.kind == self.Kind.CUSTOMER

    @property
    def microsoft_ids(self) -> list[str]:
        """What staff need at Microsoft when they register for this partner: its id there, and its tenant."""
        own = self.microsoft_associated_id or self.microsoft_partner_id
        return [part for part in (own, str(self.microsoft_tenant_id or "")) if part]

    @property
    def hue(self) -> int:
        """The number, 1 to 8, of the company's colour in pages; it never changes."""
        return self.pk % 8 + 1


class RelationChange(models.Model):
    """A customer came to know Arxus, as its partner confirmed, or does not know it any more (R14). Kept for good."""

    company = models.ForeignKey(Company, models.PROTECT, related_name="relation_changes")
    relation = models.CharField(max_length=10, choices=Company.Relation)
    prepared_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    prepared_at = models.DateTimeField(auto_now_add=True)
    # What the partner stated: the words as they read, with who accepted them, from where.
    text = models.TextField(blank=True)
    text_version = models.PositiveSmallIntegerField(null=True, blank=True)
    language = models.CharField(max_length=2, choices=Language, blank=True)
    confirmed_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    ip_address = models.GenericIPAddressField(null=True, blank=True)
    # Either it was done, or staff took it back; until then it waits for the partner.
    done_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-prepared_at"]
        constraints = [
            models.UniqueConstraint(
                "company", condition=Q(done_at=None, withdrawn_at=None), name="one_prepared_relation_per_customer"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.company}: {self.get_relation_display()}"
