"""The ServiceNow users that staff brought in a file (R10)."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from contacts.models import User


class DirectoryImport(models.Model):
    """A file of ServiceNow users that staff brought: first previewed, then applied whole (R10)."""

    file_name = models.CharField(max_length=255)
    dated = models.DateField(_("date of the file"))
    rows = models.JSONField(default=list)
    # How many users it names, also when what it says is gone; unknown of files of long ago.
    users = models.PositiveIntegerField(null=True)
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField(auto_now_add=True)
    # When it was put in force last, and by whom.
    applied_at = models.DateTimeField(null=True, blank=True)
    applied_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = _("ServiceNow directory file")
        verbose_name_plural = _("ServiceNow directory")
        ordering = ["-uploaded_at"]

    def __str__(self) -> str:
        return f"{self.file_name}, {self.dated}"


class DirectoryEntry(models.Model):
    """One ServiceNow user of the file in force, or of those before it; two with one address are an ambiguity."""

    file = models.ForeignKey(DirectoryImport, models.CASCADE, related_name="entries")
    email = models.EmailField()
    user_name = models.CharField(max_length=100)
    active = models.BooleanField()
    locked = models.BooleanField()

    class Meta:
        indexes = [models.Index(fields=["file", "email"], name="directory_email")]

    def __str__(self) -> str:
        return self.user_name
