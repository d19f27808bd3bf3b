import logging.config
import os
import sys
from typing import Any

from celery import Celery
from celery.signals import setup_logging
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

try:
    # Read once here: Celery would tell a wrong one with a traceback, and only when it first looks.
    _ = settings.SECRET_KEY
except ImproperlyConfigured as error:
    sys.exit(str(error))

app = Celery("portal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect
def log_as_the_portal_does(**_: Any) -> None:
    """Celery would bring its own format; with a receiver here it leaves logging alone."""
    from portal import logs

    logging.config.dictConfig(logs.config())
