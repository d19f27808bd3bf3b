"""How gunicorn serves the portal (`-c python:portal.gunicorn`): few processes with threads, the portal's own logs."""

import os
import sys

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from portal import logs

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
try:
    # Read once here: a wrong one ends the start with its own line, before there are workers to start over and over.
    workers = settings.WEB_CONCURRENCY
except ImproperlyConfigured as error:
    sys.exit(str(error))
threads = 4
timeout = 30
graceful_timeout = 15
keepalive = 5
# A leak or a fragmented heap does not grow for ever; not all workers restart at once.
max_requests = 5000
max_requests_jitter = 500
# Which scheme a request came by is told to Django by TRUSTED_PROXIES alone.
forwarded_allow_ips = ""
# Requests are logged by the portal itself, with masked paths.
accesslog = None
# It would be a door of its own, in the home folder, shared by every gunicorn of the machine.
control_socket_disable = True
logconfig_dict = logs.config()
