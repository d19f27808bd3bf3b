"""The outbox: one row is one mail to one address, promised in the transaction of the act that it tells of."""

import uuid

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class OutgoingEmail(models.Model):
    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        SENDING = "sending", _("Being sent")
        ACCEPTED = "accepted", _("Accepted by their server")
        REFUSED = "refused", _("Refused")
        FAILED = "failed", _("Could not be sent")
        BOUNCED = "bounced", _("Came back")
        WITHHELD = "withheld", _("Withheld")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # One mail per address and event (R17).
    event = models.UUIDField(editable=False)
    # What the mail is about, in the words of the app that wrote it, such as "tenant_request:42"; mails about one
    # thing to one address leave in the order in which they were promised.
    about = models.CharField(max_length=80, blank=True)
    template = models.CharField(max_length=60)
    # What the guards of the other apps read before the mail leaves (R45), such as the statuses it does not contradict.
    facts = models.JSONField(default=dict, blank=True, encoder=DjangoJSONEncoder)
    to_email = models.EmailField()
    to_name = models.CharField(max_length=150, blank=True)
    language = models.CharField(max_length=2)
    subject = models.CharField(max_length=255)
    text = models.TextField()
    html = models.TextField()

    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    # All times are the database's: hosts disagree (order, leases and patience hang on them).
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    due_at = models.DateTimeField(db_default=Now())
    attempts = models.PositiveSmallIntegerField(default=0)
    # A crash between "sent" and "written down" leads to a second sending: counted here (R40).
    maybe_duplicates = models.PositiveSmallIntegerField(default=0)
    lease = models.UUIDField(null=True, blank=True, editable=False)
    leased_until = models.DateTimeField(null=True, blank=True, editable=False)
    sent_at = models.DateTimeField(null=True, blank=True)
    outcome = models.TextField(blank=True)
    # When whoever has to know was told that its reader does not have it.
    told_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("mail")
        verbose_name_plural = _("mails")
        ordering = ["-created_at"]
        permissions = [("resend_outgoingemail", "Can send a mail again")]
        constraints = [
            models.UniqueConstraint(fields=["event", "to_email"], name="one_mail_per_address_and_event"),
        ]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(state__in=["waiting", "sending"]), name="outgoing_email_due"),
            models.Index(fields=["about", "created_at"], name="outgoing_email_about"),
            models.Index(
                fields=["created_at"],
                condition=Q(state__in=["refused", "failed", "bounced"], told_at=None),
                name="outgoing_email_lost",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.subject} → {self.to_email}"


# The states of a mail of which nothing is said yet.
UNFINISHED = (OutgoingEmail.State.WAITING, OutgoingEmail.State.SENDING)
# The states of a mail that its reader does not have, for good.
LOST = (OutgoingEmail.State.REFUSED, OutgoingEmail.State.FAILED, OutgoingEmail.State.BOUNCED)


class MailServer(models.Model):
    """What we know about the mail server, in one row: while it cannot be used at all, no mail spends its attempts."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    failures = models.PositiveIntegerField(default=0)
    failing_since = models.DateTimeField(null=True, blank=True)
    failed_at = models.DateTimeField(null=True, blank=True)
    paused_until = models.DateTimeField(null=True, blank=True)
    words = models.TextField(blank=True)

    class Meta:
        verbose_name = _("mail server")
        verbose_name_plural = _("mail server")
        default_permissions = ()
        constraints = [models.CheckConstraint(condition=Q(id=1), name="one_mail_server")]

    def __str__(self) -> str:
        return self.words
