"""The alarm clock of the outbox: beat rings, the rows say what is due."""

from celery import shared_task

from notifications import outbox


@shared_task(name="notifications.deliver")
def deliver() -> None:
    outbox.deliver()


@shared_task(name="notifications.sweep")
def sweep() -> None:
    outbox.sweep()
