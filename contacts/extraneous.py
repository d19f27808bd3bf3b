"""What somebody posts beside the fields of a form (T24): nothing reads it, and the log says what it was called."""

from collections.abc import Callable
from typing import Any

import structlog
from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict

log = structlog.get_logger(__name__)
_OURS = {"csrfmiddlewaretoken", "_seal", "_switch_back"}
MOST_NAMES, LONGEST_NAME = 20, 50


class _Posted(QueryDict):
    """What was posted, which remembers what was read of it."""

    read: set[str]
    # Whether the view has a form whose fields are read together.
    form: bool

    @classmethod
    def of(cls, posted: QueryDict, *, form: bool) -> "_Posted":
        made = cls(mutable=True, encoding=posted.encoding)
        for name, values in posted.lists():
            made.setlist(name, values)
        made.read, made.form, made._mutable = set(), form, False
        return made

    def _note(self, *names: Any) -> None:
        if "read" in vars(self):
            self.read.update(names)

    def __contains__(self, name: object) -> bool:
        self._note(name)
        return super().__contains__(name)

    def __getitem__(self, name: str) -> Any:
        self._note(name)
        return super().__getitem__(name)

    def getlist(self, name: str, default: Any = None) -> Any:
        self._note(name)
        return super().getlist(name, default)

    def lists(self) -> Any:
        self._note(*self)
        return super().lists()


class ExtraneousMiddleware:
    """Log the names, never the values, of what was posted to our views and nobody read.

    Stands below the seal, so that it sees what is let through. The admin and allauth's views have their own forms.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        posted = request.POST if request.method == "POST" else None
        if not isinstance(posted, _Posted) or (posted.form and not posted.read - _OURS):
            # Of a form that nobody looked at, since it came too late, nothing was taken.
            return response
        if names := set(posted.keys()) - posted.read - _OURS:
            log.warning("extraneous", fields=[name[:LONGEST_NAME] for name in sorted(names)[:MOST_NAMES]])
        return response

    def process_view(self, request: HttpRequest, view: Callable[..., HttpResponse], *_: object) -> None:
        match = request.resolver_match
        foreign = view.__module__.startswith("allauth.") or (match is not None and "admin" in match.app_names)
        if request.method == "POST" and not foreign:
            request.POST = _Posted.of(request.POST, form=hasattr(view, "typed_in"))  # type: ignore[assignment]  # immutable as it was
