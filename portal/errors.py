"""The pages of an error: what happened, what to do now; no stack, no version."""

import secrets
import sys

import structlog
from django.core.exceptions import PermissionDenied
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

logger = structlog.get_logger(__name__)

# No look-alikes: people read it out to the service desk.
_LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    # The request itself is what is wrong (its host, its size): the page asks nothing of it.
    return HttpResponse(render_to_string("400.html"), status=400)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Say the sentence that the view gave: `raise PermissionDenied(_("Only …"))`."""
    sentence = str(exception) if isinstance(exception, PermissionDenied) else ""
    if not sentence and getattr(request.user, "is_staff", False):
        sentence = _("Your permissions at Arxus do not include this. A validation lead can tell you who changes them.")
    return render(request, "403.html", {"sentence": sentence}, status=403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "404.html", status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    """A fault of ours, under a number that stands in the log; 503 where the database does not answer."""
    incident = "".join(secrets.choice(_LETTERS) for _number in range(8))
    away = isinstance(sys.exc_info()[1], OperationalError | InterfaceError)
    logger.error("incident", incident=incident, status=503 if away else 500, exc_info=True)
    return _without_help("503.html" if away else "500.html", incident, 503 if away else 500)


def _without_help(template: str, incident: str, status: int) -> HttpResponse:
    """Draw the page without request, session or database; in plain words if even that fails."""
    try:
        body: str = render_to_string(template, {"incident": incident})
    except Exception:
        logger.exception("error_page_failed", incident=incident)
        body = f"<!doctype html><title>Arxus</title><h1>Something went wrong at Arxus</h1><p>Incident {incident}</p>"
    headers = {"Retry-After": "60"} if status == 503 else {}
    return HttpResponse(body, status=status, headers=headers)
