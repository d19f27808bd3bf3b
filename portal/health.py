"""Whether this web process can serve: asked by load balancers, answered without detail.

`python -m portal.health` asks it from inside a container; its exit code is the answer.
"""

import os
import sys
import urllib.request
from urllib.parse import urlsplit

from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe


@login_not_required
@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    try:
        with connection.cursor() as cursor:
            cursor.execute("select 1")
    except DatabaseError:
        return HttpResponse("unavailable", status=503, content_type="text/plain")
    return HttpResponse("ok", content_type="text/plain")


def ask(port: int = 8000) -> None:
    """Ask the web on this machine, under the name that people use. Raises OSError when it is not well."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/healthz", headers={"Host": urlsplit(os.environ["SITE_URL"]).netloc}
    )
    urllib.request.urlopen(request, timeout=4).close()  # noqa: S310


if __name__ == "__main__":
    try:
        ask()
    except OSError as error:
        sys.exit(str(error))
