"""Which people a browser is known to: one signed cookie that survives logging out."""

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

from contacts.models import User

COOKIE = "__Host-device" if settings.SESSION_COOKIE_SECURE else "device"
_AGE = 400 * 24 * 60 * 60  # the longest that browsers keep a cookie
_MOST = 10


def knows(request: HttpRequest, user: User) -> bool:
    return user.public_id.hex in _people(request)


def remember(request: HttpRequest, response: HttpResponseBase, user: User) -> None:
    others = [person for person in _people(request) if person != user.public_id.hex]
    response.set_signed_cookie(
        COOKIE,
        ".".join([user.public_id.hex, *others][:_MOST]),
        salt=COOKIE,
        max_age=_AGE,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _people(request: HttpRequest) -> list[str]:
    return (request.get_signed_cookie(COOKIE, "", salt=COOKIE, max_age=_AGE) or "").split(".")
