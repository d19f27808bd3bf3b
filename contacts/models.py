"""People and companies: who may log in, for whom they work, and whom Arxus writes to."""

import re
import unicodedata
import uuid
from collections.abc import Iterable
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_countries.fields import CountryField
from phonenumber_field.modelfields import PhoneNumberField


def sort_key(name: str) -> str:
    """Fold a name so that a plain sort puts "Élan" beside "elan"."""
    decomposed = unicodedata.normalize("NFKD", name.casefold())
    return "".join(char for char in decomposed if not unicodedata.combining(char)).strip()


class Language(models.TextChoices):
    """The languages in which Arxus writes mails."""

    NL = "nl", _("Dutch")
    FR = "fr", _("French")
    EN = "en", _("English")


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Make a user who logs in as `email`; without a password the account waits for its activation link."""
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)


class User(AbstractBaseUser, PermissionsMixin):
    """Somebody who can log in. An account is Arxus staff or has memberships, never both."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    email = models.EmailField(_("e-mail address"), unique=True)
    first_name = models.CharField(_("first name"), max_length=50)
    last_name = models.CharField(_("last name"), max_length=50)
    phone = PhoneNumberField(_("phone"), blank=True)
    # A colleague can be named as a contact without retyping, and a commercial contact needs one.
    job_title = models.CharField(_("job title"), max_length=100, blank=True)
    language = models.CharField(_("language"), max_length=2, choices=Language, default=Language.EN)
    is_staff = models.BooleanField(_("Arxus staff"), default=False)
    is_active = models.BooleanField(_("may log in"), default=True)
    # Arxus staff alone: the day on which they are back; no work comes to them before.
    away_until = models.DateField(_("away until"), null=True, blank=True, editable=False)
    date_joined = models.DateTimeField(default=timezone.now, editable=False)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ["first_name", "last_name"]
    objects: ClassVar[UserManager] = UserManager()

    class Meta:
        ordering = ["last_name", "first_name"]
        constraints = [
            models.CheckConstraint(condition=Q(email=Lower("email")), name="user_email_is_lower_case"),
        ]

    def __str__(self) -> str:
        return self.get_full_name() or self.email

    def get_full_name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()

    def get_short_name(self) -> str:
        return self.first_name


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
        indexes = [models.Index(fields=["partner", "sort_name", "id"], name="company_list")]

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
    def group_labels(self) -> list[str]:
        return group_labels(self.groups)


class ContactRole(models.TextChoices):
    TECHNICAL = "technical", _("Technical contact")
    COMMERCIAL = "commercial", _("Commercial contact (may sign)")
    DPO = "dpo", _("Data protection officer")
    WATCHLIST = "watchlist", _("Kept informed")
    SECURITY = "security", _("Called for security incidents")


class Salutation(models.TextChoices):
    NONE = "", _("None")
    MR = "mr", _("Mr")
    MS = "ms", _("Ms")
    DR = "dr", _("Dr")


class ContactQuerySet(models.QuerySet["Contact"]):
    def active(self) -> "ContactQuerySet":
        return self.filter(archived_at=None)

    def of(self, company: Company) -> "ContactQuerySet":
        return self.filter(company=company)


class Contact(models.Model):
    """A person Arxus writes to, of one company; archived with a date, never deleted while a request names it."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    company = models.ForeignKey(Company, models.PROTECT, related_name="contacts")
    salutation = models.CharField(_("salutation"), max_length=4, choices=Salutation, blank=True)
    first_name = models.CharField(_("first name"), max_length=50)
    last_name = models.CharField(_("last name"), max_length=50)
    sort_name = models.CharField(max_length=101, editable=False)
    email = models.EmailField(_("e-mail address"))
    phone = PhoneNumberField(_("phone"), blank=True)
    job_title = models.CharField(_("job title"), max_length=100, blank=True)
    department = models.CharField(_("department"), max_length=100, blank=True)
    language = models.CharField(_("language"), max_length=2, choices=Language)
    roles = ArrayField(models.CharField(max_length=10, choices=ContactRole), default=list, blank=True)
    archived_at = models.DateTimeField(null=True, blank=True, editable=False)
    archived_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+", editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+", editable=False)

    objects = ContactQuerySet.as_manager()

    class Meta:
        ordering = ["sort_name", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(email=Lower("email")), name="contact_email_is_lower_case"),
            models.CheckConstraint(condition=Q(roles__contained_by=list(ContactRole)), name="contact_roles_are_known"),
        ]
        indexes = [
            models.Index(fields=["company", "sort_name", "id"], name="contact_list"),
            models.Index(fields=["email"], name="contact_email"),
        ]

    def __str__(self) -> str:
        return self.full_name

    @property
    def full_name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()

    @property
    def role_labels(self) -> list[str]:
        """The roles in words, in the order in which they are always named."""
        return [str(role.label) for role in ContactRole if role in self.roles]


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


class AccessLink(models.Model):
    """A link that lets its owner set a password: activation (72 hours) or reset (30 minutes).

    The link itself is never stored: it is an HMAC under LINK_KEY over id, address and password hash (R42), so a used,
    changed or outdated one simply no longer fits.
    """

    class Purpose(models.TextChoices):
        ACTIVATION = "activation", _("Activation")
        RESET = "reset", _("Reset")

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
