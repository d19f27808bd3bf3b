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


# What browsers call themselves, the more special first: most of them say Chrome and Safari as well.
_BROWSERS: tuple[tuple[str, str], ...] = (
    *(("Edg", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("FxiOS/", "Firefox")),
    *(("CriOS/", "Chrome"), ("Chrome/", "Chrome"), ("Safari/", "Safari")),
)
_SYSTEMS: tuple[tuple[str, str], ...] = (
    *(("Windows", "Windows"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android")),
    *(("CrOS", "ChromeOS"), ("Mac OS X", "macOS"), ("Linux", "Linux")),
)


def described(request: HttpRequest) -> tuple[str, str]:
    """Browser and system in words of ours, each "" if it is none that we know: what somebody sends reaches no mail."""
    said = request.headers.get("User-Agent", "")
    browser, system = (next((name for mark, name in names if mark in said), "") for names in (_BROWSERS, _SYSTEMS))
    return browser, system


def _people(request: HttpRequest) -> list[str]:
    return (request.get_signed_cookie(COOKIE, "", salt=COOKIE, max_age=_AGE) or "").split(".")
