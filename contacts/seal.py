"""The seal on every form that writes (R03): made for this user and this company, or nothing happens.

What was typed is never lost for it: it is shown, and goes on in one step. The admin has no seal; what is lost there is
only the session, and its pages bring back what was typed.
"""

from collections.abc import Callable
from dataclasses import asdict
from typing import cast

import structlog
from django.contrib.auth.views import redirect_to_login
from django.core.signing import BadSignature, Signer
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from contacts.access_links import PATHS, Purpose
from contacts.acting import may_act_for
from contacts.current import ActingRequest, read_seal, refuse, seal_value, switch_to
from contacts.models import Company, User
from contacts.permissions import Right
from contacts.typed import Typed

log = structlog.get_logger(__name__)
FIELD, HEADER, SWITCH_BACK = "_seal", "X-Seal", "_switch_back"
KEPT_KEY = "kept_form"
KEPT_MOST = 200_000
# Pages of staff have no seal, since staff work for no company; what is typed there belongs to whoever opened them.
WRITER, STAFF_KEPT_KEY = "_writer", "kept_by_staff"
# In an address of the admin to come back to: somebody was logged out there, and nothing was done.
LOGGED_OUT = "logged_out"
# Each app adds what must be left out of a field of staff's before it is kept, such as passwords (R42).
KEEPERS: list[Callable[[str, str], str]] = []
_writer = Signer(salt="contacts.seal.writer")


class SealMiddleware:
    """Refuse every POST, PUT, PATCH and DELETE of our views whose seal is missing, or not of this user and company.

    Stands after the CSRF check and before the one for login. Exempt are the admin, allauth's own views, and views
    marked with `unsealed`.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponseBase], *_: object
    ) -> HttpResponseBase | None:
        if request.method in ("GET", "HEAD", "OPTIONS"):
            return None
        if _is_exempt(request, view):
            return None if request.user.is_authenticated else _logged_out_exempt(request)
        seal = request.POST.get(FIELD) or request.headers.get(HEADER, "")
        if not request.user.is_authenticated:
            return _logged_out(request, Typed.of(request, seal))
        acting = cast(ActingRequest, request).acting
        if not acting:
            return refuse(request, Right.VIEW)
        made_for = read_seal(seal)
        if made_for == (acting.user.public_id.hex, acting.company.public_id.hex):
            if SWITCH_BACK in request.POST:
                drop_kept(request)
            return None
        return _mismatch(request, Typed.of(request, seal), made_for)


def _is_exempt(request: HttpRequest, view: Callable[..., HttpResponseBase]) -> bool:
    return _in_admin(request) or view.__module__.startswith("allauth.") or getattr(view, "unsealed", False)


def _in_admin(request: HttpRequest) -> bool:
    return request.resolver_match is not None and "admin" in request.resolver_match.app_names


def _logged_out_exempt(request: HttpRequest) -> HttpResponse | None:
    """In the admin the login says that nothing was done, and leads back: to the page of a button, not to its address,
    which answers nobody's GET (portal/admin_site.py)."""
    if answer := _keep_for_staff(request):
        return answer
    if request.method == "POST" and _in_admin(request):
        return redirect_to_login(f"{request.path}?{LOGGED_OUT}")
    return None


def _mismatch(request: HttpRequest, typed: Typed, made_for: tuple[str, str] | None) -> HttpResponseBase | None:
    user = cast(User, request.user)
    if made_for is None:
        return _page(request, "unmarked", typed, cast(ActingRequest, request).acting.company)
    if made_for[0] != user.public_id.hex:
        return _page(request, "somebody_else", typed, None)
    company = _company(made_for[1])
    if not company or not may_act_for(user, company):
        log.warning("authz_fail", model="contacts.Company", lookup={"public_id": made_for[1]})
        return _page(request, "gone", typed, None, status=403)
    if SWITCH_BACK in request.POST:
        switch_to(request, company)
        drop_kept(request)
        return None
    return _page(request, "switched", typed, company)


def _page(request: HttpRequest, case: str, typed: Typed, company: Company | None, *, status: int = 409) -> HttpResponse:
    """Say why nothing was saved, show what was typed, and offer to go on for `company` in one step."""
    log.info("form_refused", case=case)
    if _by_script(request):
        return render(request, "contacts/_form_refused.html", {"case": case, "company": company}, status=status)
    seal = seal_value(cast(User, request.user), company) if company else ""
    context = {
        "case": case,
        "company": company,
        "typed": typed,
        "typed_seal": seal,
        "may_go_on": bool(company) and request.method == "POST",
        # The page of it, where somebody of Arxus was.
        "page_again": f"{request.path}?{LOGGED_OUT}" if _in_admin(request) else "",
    }
    return render(request, "contacts/form_refused.html", context, status=status)


def _company(public_id: str) -> Company | None:
    return Company.objects.select_related("partner").filter(public_id=public_id).first()


def _by_script(request: HttpRequest) -> bool:
    return HEADER in request.headers or "HX-Request" in request.headers


# --- A session that ended, or began anew, while a form was open -------------------------------------------------------


def _logged_out(request: HttpRequest, typed: Typed) -> HttpResponse:
    """Keep what was typed for the one who typed it, until the same person has logged in again."""
    if _by_script(request):
        # The page still has everything: sending the form itself leads to the login page and back.
        return render(request, "contacts/_form_refused.html", {"case": "logged_out"}, status=401)
    made_for = read_seal(typed.seal)
    if request.method != "POST" or made_for is None:
        return redirect_to_login(request.get_full_path())
    if typed.size > KEPT_MOST:
        return render(request, "contacts/form_refused.html", {"case": "too_long", "typed": typed}, status=413)
    request.session[KEPT_KEY] = {"user": made_for[0], "company": made_for[1], **asdict(typed)}
    return redirect_to_login(reverse("contacts:kept"))


def forget_others_typing(sender: object, request: HttpRequest, user: User, **_: object) -> None:
    """At login: what was kept for somebody else is dropped."""
    for key in (KEPT_KEY, STAFF_KEPT_KEY):
        if request.session.get(key, {}).get("user") != user.public_id.hex:
            request.session.pop(key, None)


def drop_kept(request: HttpRequest) -> None:
    """Forget what was kept: it went on, or its writer does not want it."""
    request.session.pop(KEPT_KEY, None)


def kept(request: HttpRequest) -> tuple[Typed, Company | None] | None:
    """What this user typed before the session ended, and for which company: None where that is theirs no more."""
    row = request.session.get(KEPT_KEY)
    user = cast(User, request.user)
    if not row or row["user"] != user.public_id.hex:
        return None
    company = _company(row["company"])
    pairs = {name: [(key, value) for key, value in row[name]] for name in ("fields", "files")}
    typed = Typed(row["path"], row["seal"], pairs["fields"], pairs["files"])
    return typed, company if company and may_act_for(user, company) else None


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A page that was opened before its reader logged in again: what was typed goes on if its seal is the reader's."""
    log.warning("csrf_failed", reason=reason)
    # Nobody else's page carries the reader's own signature, so nothing that a stranger wrote is kept.
    theirs = request.user.is_authenticated and _written_by(request) == request.user.public_id.hex
    if theirs and (answer := _keep_for_staff(request)):
        return answer
    seal = request.POST.get(FIELD) or request.headers.get(HEADER, "")
    typed, made_for = Typed.of(request, seal), read_seal(seal)
    user = request.user
    company = None
    if made_for and user.is_authenticated and made_for[0] == user.public_id.hex:
        company = _company(made_for[1])
    if company and may_act_for(cast(User, user), company):
        return _page(request, "logged_in_again", typed, company, status=403)
    match = request.resolver_match
    case = "link_page" if match and match.url_name in (PATHS[Purpose.ACTIVATION], PATHS[Purpose.RESET]) else "old_page"
    return _page(request, case, typed, None, status=403)


# --- The same for staff: the page itself shows what was typed, with its mails as they are now ------------------------


def writer_value(user: User) -> str:
    """Name whoever opened a page of staff, signed."""
    return _writer.sign(user.public_id.hex)


def _written_by(request: HttpRequest) -> str | None:
    try:
        return _writer.unsign(request.POST.get(WRITER, ""))
    except BadSignature:
        return None


def _keep_for_staff(request: HttpRequest) -> HttpResponse | None:
    """Keep what was typed into a page that names its writer, and lead back to it; None for every other page."""
    writer = _written_by(request)
    if request.method != "POST" or writer is None:
        return None
    typed = Typed.of(request, "")
    if typed.size > KEPT_MOST:
        return render(request, "contacts/form_refused.html", {"case": "too_long", "typed": typed}, status=413)
    fields = [(name, _may_be_kept(name, value)) for name, value in typed.fields]
    request.session[STAFF_KEPT_KEY] = {"user": writer, "path": request.path, "fields": fields}
    return HttpResponseRedirect(request.path) if request.user.is_authenticated else redirect_to_login(request.path)


def _may_be_kept(name: str, value: str) -> str:
    for keeper in KEEPERS:
        value = keeper(name, value)
    return value


def kept_for(request: HttpRequest, path: str) -> dict[str, str] | None:
    """What the reader, who works for Arxus, had typed at this address when the session ended."""
    row = request.session.get(STAFF_KEPT_KEY)
    if not row or row["path"] != path or row["user"] != cast(User, request.user).public_id.hex:
        return None
    return dict(row["fields"])


def drop_kept_for(request: HttpRequest, path: str) -> None:
    """Forget it: from here on the page keeps what is typed."""
    if request.session.get(STAFF_KEPT_KEY, {}).get("path") == path:
        del request.session[STAFF_KEPT_KEY]
