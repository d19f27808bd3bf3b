"""The page of a decision: shown, previewed, decided; and the frames in which its mails are read."""

from contextlib import suppress
from datetime import datetime

from django.contrib import messages
from django.db import IntegrityError, transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from notifications.views import mail_response
from tenants import transitions, workflow
from tenants.review import acts, in_the_making, typed
from tenants.review.decisions import DECISIONS, Decision
from tenants.review.doors import closed, refusal
from tenants.review.in_the_making import Draft, version_of
from tenants.review.page import ReviewPage, load
from tenants.review.views import PAGE, deciding, render, take_from
from tenants.transitions import TransitionRefused, Verb
from tenants.workflow import PreviewChanged


@require_http_methods(["GET", "POST"])
@deciding
def decide(request: HttpRequest, page: ReviewPage, verb: str) -> HttpResponse:
    """What will happen, the form, the mails; the POST decides, shows the mails again, takes the request over first,
    adds or fills in a remark."""
    decision = _decision(verb)
    if request.method == "POST":
        in_the_making.keep(request, decision, page)
        if "take" in request.POST:
            return _take(request, decision, page)
        if decision.form.buttons & request.POST.keys():
            form = decision.form.going_on(request.POST, tenant_request=page.tenant_request, sent=page.sent)
            return _render(request, Draft(decision, page, form, about=version_of(request.POST) or None))
    draft = in_the_making.draft(request, decision, page)
    if request.method != "POST" or "decide" not in request.POST:
        return _render(request, draft)
    # The verb asks again, with the row locked; asked here too, so that nobody corrects a form in vain.
    if why := refusal(decision.verb, page, version_of(request.POST)):
        return _refused(request, draft, why)
    return _decide(request, draft) if draft.form.is_valid() else _render(request, draft)


def _take(request: HttpRequest, decision: Decision, page: ReviewPage) -> HttpResponse:
    """Take the request from whoever the page named, and go on with what was typed."""
    try:
        take_from(request, page, request.POST["take"])
    except TransitionRefused as refused:
        return _refused(request, in_the_making.draft(request, decision, page), refused)
    return redirect("admin:tenants_tenantrequest_decide", page.tenant_request.pk, decision.verb)


def _decide(request: HttpRequest, draft: Draft) -> HttpResponse:
    decision, page = draft.decision, draft.page
    try:
        with transaction.atomic():
            _refuse_other_state(request, draft)
            decision.do(
                page.tenant_request,
                by=page.reader,
                version=version_of(request.POST),
                # Without a preview nothing is sent: no digest is equal to a dash.
                seen=request.POST.get("seen") or "-",
                **draft.form.said(),
            )
    except TransitionRefused as refused:
        return _refused(request, draft, refused)
    except IntegrityError:
        # Between our look and our write.
        message = _("Another request got this tenant id, name or domain just now.")
        return _refused(request, draft, TransitionRefused(message))
    in_the_making.forget(request, decision, page)
    messages.success(request, _said(draft))
    return redirect(PAGE, page.tenant_request.pk)


def _refuse_other_state(request: HttpRequest, draft: Draft) -> None:
    """A rejection written while the request was checked is none of the approved request, though the table has both;
    and nobody goes on without having read that the partner asked to stop."""
    fresh = workflow.lock(draft.page.tenant_request)
    if request.POST.get("status", fresh.status) != fresh.status:
        raise transitions.too_late(draft.decision.verb, fresh, draft.page.reader)
    asked = fresh.stop_asked_at.isoformat() if fresh.stop_asked_at else ""
    if asked and request.POST.get("stop_asked", asked) != asked:
        raise TransitionRefused(_("The partner asked to stop since you opened this page. Read that, then decide."))


def _refused(request: HttpRequest, draft: Draft, refused: TransitionRefused) -> HttpResponse:
    """The present state, with what was typed (R34): a decision that was overtaken by another is made again."""
    found, reader = draft.page.tenant_request, draft.page.reader
    if draft.decision.verb in (Verb.APPROVE, Verb.REGISTER) and refused.reason == "condition":
        # The verb's own findings went with its transaction.
        with suppress(TransitionRefused):
            acts.run_checks(found, by=reader)
    page = load(found.pk, reader)
    if page is None:
        raise Http404
    status = 403 if refused.reason in ("permission", "own") else 409
    fresh = in_the_making.draft(request, draft.decision, page)
    return _render(request, fresh, refused, status)


def _render(
    request: HttpRequest, draft: Draft, refused: TransitionRefused | None = None, status: int = 200
) -> HttpResponse:
    page, decision = draft.page, draft.decision
    why = closed(decision.verb, page) or (draft.refused.sentence if draft.refused else "")
    reason = refusal(decision.verb, page)
    may_take = reason is not None and reason.reason == "assignment" and page.may_take
    # A form that was made for another version says so before it becomes one of this (R34).
    refused = refused or refusal(decision.verb, page, draft.about)
    overtaken = page.before is not None and _was_overtaken(refused)
    if overtaken and draft.about:
        page.compare_with(draft.about)
    context = {
        "page": page,
        "draft": draft,
        "may_take": may_take,
        # Whether there is something to fill in: what cannot happen now is not shown as if it could.
        "goes_on": not why or (may_take and draft.kept),
        "typed": typed.in_words(draft.form) if draft.kept else [],
        "form": draft.form,
        "lead": decision.lead(page),
        "title": decision.title,
        "refused": refused.sentence if refused and refused.sentence != why else "",
        "overtaken": overtaken,
        "why": why,
    }
    return render(request, "tenantrequest/decision.html", context, status)


def _was_overtaken(refused: TransitionRefused | None) -> bool:
    """Whether the form was made for another version, so that the page shows what changed."""
    return refused is not None and refused.reason == "version" and not isinstance(refused, PreviewChanged)


def _said(draft: Draft) -> str:
    if not draft.mails:
        return str(draft.decision.done)
    told = [f"{mail.to_name}" if mail.due_at is None else _later(mail.to_name, mail.due_at) for mail in draft.sendable]
    return _("%(done)s Told by mail: %(names)s.") % {"done": draft.decision.done, "names": ", ".join(told)}


def _later(name: str, at: datetime) -> str:
    return _("%(name)s (on %(day)s)") % {"name": name, "day": date_format(at, "j F")}


@require_GET
@deciding
def frame(request: HttpRequest, page: ReviewPage, verb: str, seen: str, n: int) -> HttpResponse:
    """One mail of a decision as it would go out; the address carries the digest that the page around it shows."""
    draft = in_the_making.draft(request, _decision(verb), page)
    if draft.digest != seen or n >= len(draft.mails):
        words = _("This mail has changed since the page was shown. Show the mails again.")
        stale = mail_response(f'<!doctype html><html lang="en"><title>{words}</title><p>{words}</p>')
        stale.status_code = 409
        return stale
    return mail_response(draft.mails[n])


def _decision(verb: str) -> Decision:
    try:
        return DECISIONS[verb]
    except KeyError:
        raise Http404 from None
