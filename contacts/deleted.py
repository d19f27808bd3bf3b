"""What somebody has deleted is gone, but a second click on the button is no mistake of theirs (T28).

Only the session that deleted it hears so, while it works for the same company: for all others an id that is gone and
one that never was are the same 404 (T01).
"""

from collections.abc import Callable
from functools import wraps
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from contacts.current import ActingRequest

_KEY = "deleted"
_MOST = 20
View = Callable[[ActingRequest, UUID], HttpResponse]


def remember(request: ActingRequest, public_id: UUID) -> None:
    """Note in the session that it deleted this for the acting company."""
    request.session[_KEY] = [*request.session.get(_KEY, []), _entry(request, public_id)][-_MOST:]


def gone_to(name: str) -> Callable[[View], View]:
    """For views of one object: whoever deleted it is led to the list of this name. Goes above `answers`."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: ActingRequest, public_id: UUID) -> HttpResponse:
            try:
                return view(request, public_id)
            except Http404:
                if _entry(request, public_id) not in request.session.get(_KEY, []):
                    raise
            messages.info(request, _("This was deleted already. Nothing else was changed."))
            return redirect(name)

        return guarded

    return decorate


def _entry(request: ActingRequest, public_id: UUID) -> str:
    return f"{request.acting.company.public_id} {public_id}"
