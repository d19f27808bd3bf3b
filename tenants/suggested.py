"""A reviewer's suggested values: taken over with one click, all of them at once (R36)."""

from collections.abc import Iterable
from copy import copy

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from contacts import history as companies
from contacts.customer_forms import CustomerForm, filled
from contacts.fields import plain_label
from contacts.models import Company, User
from contacts.numbers import normalise_enterprise_number
from tenants import history
from tenants.drafts import keep_step
from tenants.models import Remark, TenantRequest
from tenants.questions import SUFFIX
from tenants.steps import Answers, steps_of

# The step whose answers are the customer's details, which have a page of their own.
CUSTOMER = "customer"


def use_suggestions(tenant_request: TenantRequest, remarks: Iterable[Remark], *, by: User) -> int:
    """Put a reviewer's suggested values into the answers (R36); says how many could be taken over.

    What the field would refuse is left to the partner. A detail of the customer is changed where it is kept, so the
    customer's step has to be confirmed anew.
    """
    used = 0
    with transaction.atomic():
        # The request is locked before its customer, as where it is sent.
        for remark in sorted(remarks, key=lambda one: one.field.startswith(CUSTOMER)):
            slug, _dot, name = remark.field.partition(".")
            if not remark.suggestion:
                continue
            if slug == CUSTOMER:
                used += _change_customer(tenant_request, name, remark.suggestion, by)
            elif is_accepted(tenant_request, remark.field, remark.suggestion, by):
                typed = {name: remark.suggestion} | _used_up(tenant_request, remark)
                used += keep_step(tenant_request, slug, typed, by=by, whole=False)
        if used:
            history.write(tenant_request, "use_suggestions", by)
    return used


def _change_customer(tenant_request: TenantRequest, name: str, value: str, by: User) -> bool:
    rows = Company.objects.select_related("partner").select_for_update(of=("self",), no_key=True)
    company = rows.get(pk=tenant_request.company_id)
    form = filled(company, **{name: value})
    if name not in form.fields or not form.is_valid() or not form.store(by=by):
        return False
    said = plain_label(form.fields[name].label)
    companies.noted_by(by, company, company, _("Changed: %(fields)s.") % {"fields": said})
    return True


def says(tenant_request: TenantRequest, key: str, value: str) -> bool:
    """Whether what is typed in a field is this value, however it is typed."""
    typed = _typed(tenant_request, key)
    return typed is not None and _in_normal_form(tenant_request, key, typed) == _in_normal_form(
        tenant_request, key, value
    )


def typed_since(tenant_request: TenantRequest, key: str, sent: str) -> str:
    """What somebody typed in a field since it was sent as `sent`; "" where nobody did, or emptied it."""
    typed = _typed(tenant_request, key)
    return typed if typed is not None and not says(tenant_request, key, sent) else ""


def _typed(tenant_request: TenantRequest, key: str) -> str | None:
    slug, _dot, name = key.partition(".")
    if slug == CUSTOMER:
        return str(getattr(tenant_request.company, name, ""))
    typed = tenant_request.answers.get(slug, {}).get(name)
    return typed if isinstance(typed, str) else None


def _in_normal_form(tenant_request: TenantRequest, key: str, typed: str) -> str:
    slug, _dot, name = key.partition(".")
    form = next((step.form for step in steps_of(tenant_request) if step.form and step.slug == slug), None)
    field = (CustomerForm if slug == CUSTOMER else form).base_fields.get(name) if form else None
    try:
        cleaned = field.clean(typed) if field else typed
        if key == "customer.enterprise_number":
            cleaned = normalise_enterprise_number(str(tenant_request.company.country), typed)
    except ValidationError:
        cleaned = typed
    return _bare(str(cleaned or ""))


def _used_up(tenant_request: TenantRequest, remark: Remark) -> dict[str, str]:
    """The second choice of a name, once it is the first: the field would refuse the same name twice."""
    second = str(tenant_request.answers.get("tenant", {}).get("second_choice", ""))
    if remark.field != "tenant.tenant_name" or _bare(second) != _bare(remark.suggestion):
        return {}
    return {"second_choice": ""}


def _bare(name: str) -> str:
    return name.strip().lower().removesuffix(SUFFIX)


def is_accepted(tenant_request: TenantRequest, key: str, value: str, by: User) -> bool:
    """Whether the form of a step would take this value for one of its fields."""
    slug, _dot, name = key.partition(".")
    if slug == CUSTOMER:
        form = filled(tenant_request.company, **{name: value})
        return name in form.fields and name not in form.errors
    trial = copy(tenant_request)
    trial.answers = trial.answers | {slug: trial.answers.get(slug, {}) | {name: value}}
    step = Answers(trial, by).forms.get(slug)
    return step is not None and name in step.fields and name not in step.errors
