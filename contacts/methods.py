"""Which methods a page about one object answers; for whom the object does not exist, no method tells that it does."""

from collections.abc import Callable, Collection
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed

View = Callable[..., HttpResponse]


def answers(methods: Collection[str], find: Callable[..., Any]) -> Callable[[View], View]:
    """Refuse other methods (405), once `find` has found the object as the page does, else 404 (T01, R04).

    Goes right above the view, below the decorators that say who may open it.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def answered(request: HttpRequest, /, public_id: Any, **rest: Any) -> HttpResponse:
            if request.method not in methods:
                find(request, public_id)
                return HttpResponseNotAllowed(methods)
            return view(request, public_id, **rest)

        return answered

    return decorate
