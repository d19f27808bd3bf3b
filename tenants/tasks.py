"""What happens to requests when time passes; thin, safe to run twice."""

from celery import shared_task

from tenants import deadlines, lost_mails, unused_links, waiting
from tenants.agreements import documents
from tenants.review.digests import send_digests, tell_of_late_ones


@shared_task(name="tenants.lapse_overdue")
def lapse_overdue() -> None:
    """Withdraw the requests whose partner did not answer in time, delete the drafts that nobody wanted (R28)."""
    deadlines.lapse()
    deadlines.delete_drafts()


@shared_task(name="tenants.remind_partners")
def remind_partners() -> None:
    """Remind and warn partners of what waits for them (R28)."""
    deadlines.remind()
    deadlines.warn_of_drafts()


@shared_task(name="tenants.sweep_files")
def sweep_files() -> None:
    """Remove uploaded files that no agreement knows (F56)."""
    documents.sweep()


@shared_task(name="tenants.tell_staff")
def tell_staff() -> None:
    """Tell staff what waits this morning, and what is late."""
    send_digests()
    tell_of_late_ones()


@shared_task(name="tenants.tell_of_lost_mails")
def tell_of_lost_mails() -> None:
    """Tell owner and reviewer of a mail that its reader does not have."""
    lost_mails.tell()


@shared_task(name="tenants.remind_administrators")
def remind_administrators() -> None:
    """Remind customers' administrators of Microsoft's invitation (R35)."""
    waiting.remind()


@shared_task(name="tenants.renew_unused_links")
def renew_unused_links() -> None:
    """Send fresh activation links where nobody used the one before (R51)."""
    unused_links.remind()
