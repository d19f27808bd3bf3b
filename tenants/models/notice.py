"""What the portal has told by itself because time passed: each thing once, however many schedulers run (R28)."""

from django.db import models
from django.utils import timezone


class Notice(models.Model):
    """One thing that was told, such as "warning:42:2026-11-20T16:12:00+00:00"."""

    key = models.CharField(max_length=120, unique=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return self.key

    @classmethod
    def is_first(cls, key: str) -> bool:
        """Claim something for the caller's transaction: whoever asks at the same moment waits for its end, and is told
        False unless it fails."""
        _row, made = cls.objects.get_or_create(key=key)
        return made
