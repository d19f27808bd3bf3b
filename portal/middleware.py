"""What every answer of the portal carries."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.template.loader import render_to_string


class NoStoreMiddleware:
    """Keeps every page out of caches, the browser's own included: after logging out, "back" shows nothing (T20, T64).

    Static files are answered before this one is asked.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        response["Cache-Control"] = "no-store, private"
        return response


class LargestBodyMiddleware:
    """Answers 413 to a body that no page of ours asks for, before anything of it is read (T89).

    A body without a length is empty for Django, so nobody gets around this one.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        length = request.META.get("CONTENT_LENGTH") or "0"
        if not length.isdecimal() or int(length) <= settings.LARGEST_BODY:
            return self.get_response(request)
        return HttpResponse(render_to_string("413.html"), status=413, headers={"Connection": "close"})
