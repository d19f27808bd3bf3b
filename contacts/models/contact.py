"""Whom Arxus writes to."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _
from phonenumber_field.modelfields import PhoneNumberField

from contacts.models.company import Company
from contacts.models.user import Language, User


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
