"""What the templates of the admin need to say about requests."""

from typing import Any

from django import template
from django.conf import settings
from django.utils.translation import gettext as _

from contacts.models import User
from tenants import absence, keepers
from tenants.directory import importing
from tenants.models import Check, TenantRequest
from tenants.questions import SUFFIX
from tenants.remark_fields import remark_fields
from tenants.review import queue
from tenants.review.queue import days_used, is_late

register = template.Library()


@register.simple_tag
def age(tenant_request: TenantRequest) -> str:
    """ "1 of 2 days": working days of Arxus's target that are gone."""
    return _("%(used)s of %(target)s days") % {
        "used": days_used(tenant_request),
        "target": settings.TARGET_WORKING_DAYS,
    }


@register.filter
def late(tenant_request: TenantRequest) -> bool:
    return is_late(tenant_request)


@register.filter
def is_free(tenant_request: TenantRequest) -> bool:
    """Whether a request that came back has been left lying for a working day (R31)."""
    return keepers.is_free(tenant_request)


@register.filter
def is_away(user: User | None) -> bool:
    return user is not None and absence.is_away(user)


@register.filter
def result_words(result: str) -> str:
    return str(Check.Result(result).label)


@register.filter
def tenant_name(wanted: str) -> str:
    """In a list every name ends alike: the end is left out."""
    return wanted.removesuffix(SUFFIX)


@register.simple_tag
def waiting_for(reader: User) -> dict[str, Any]:
    """How many requests wait, for whom, and the sentence that says it."""
    counts = queue.of_staff(reader)
    return counts | {"heading": queue.heading("arxus", counts["all"], narrowed=False)}


@register.simple_tag
def directory_state() -> Any:
    """Which ServiceNow file is in force, and until when."""
    return importing.in_force()


@register.simple_tag(takes_context=True)
def queue_as_left(context: dict[str, Any]) -> str:
    """The address of the queue, narrowed as the reader had it last."""
    return queue.address(context["request"])


@register.filter
def field_label(key: str) -> str:
    """What a remark is about, in words."""
    return str(dict(remark_fields()).get(key, key))
