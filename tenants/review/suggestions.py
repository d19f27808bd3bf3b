"""Whether the value that a reviewer suggests for a field would be accepted there (R36)."""

import copy

from django import forms
from django.utils.translation import gettext as _

from contacts.customer_forms import filled
from tenants import working_days
from tenants.models import Submission
from tenants.steps import Answers, steps_of


def warning_about(sent: Submission, key: str, value: str) -> str:
    """Why the partner could not take this value over with one click, in a sentence; "" if they can.

    The step's own form judges it, filled with what was sent.
    """
    slug, _dot, name = key.partition(".")
    if slug == "check":
        return _("The partner gives the agreement when sending, so no value can be taken over: they type it then.")
    step = next((step for step in steps_of(sent.tenant_request) if step.slug == slug), None)
    if slug == "customer":
        return _judged(filled(sent.tenant_request.company, **{name: value}), name)
    if step is None or step.form is None or name not in step.form.base_fields:
        return ""
    tenant_request = copy.copy(sent.tenant_request)
    typed = tenant_request.answers.get(slug, {}) | {name: value}
    tenant_request.answers = tenant_request.answers | {slug: typed}
    return _judged(Answers(tenant_request, sent.sent_by, working_days.today()).forms.get(slug), name)


def _judged(form: forms.BaseForm | None, name: str) -> str:
    if form is None or name not in form.errors:
        return ""
    if isinstance(form.fields[name], forms.ChoiceField):
        return _("This is chosen from a list: the partner cannot take a typed value over, and chooses it themselves.")
    return _("The field would refuse this value, so it cannot be taken over: %(why)s") % {"why": form.errors[name][0]}
