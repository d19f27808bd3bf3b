"""How gunicorn serves the portal (`-c python:portal.gunicorn`): few processes with threads, the portal's own logs."""

import os

from portal.logs import LOGGING

workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
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
logconfig_dict = LOGGING
