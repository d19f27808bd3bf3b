from collections.abc import Callable
from datetime import timedelta

import pytest
from django.conf import settings
from django.db.models.functions import Now

from notifications import tasks
from notifications.models import OutgoingEmail
from notifications.outbox import Mail, enqueue
from notifications.tests.smtp_sink import Sink
from portal.celery import app


def test_beat_asks_for_tasks_that_exist() -> None:
    app.loader.import_default_modules()

    assert {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()} <= set(app.tasks)


@pytest.mark.django_db
def test_the_tasks_deliver_and_sweep(smtp: Sink, mail: Callable[..., Mail]) -> None:
    [row] = enqueue([mail()])
    OutgoingEmail.objects.update(state="sending", leased_until=Now() - timedelta(seconds=1))

    tasks.deliver()
    assert smtp.inbox == []

    tasks.sweep()
    tasks.deliver()
    row.refresh_from_db()
    assert (row.state, len(smtp.inbox)) == ("accepted", 1)
