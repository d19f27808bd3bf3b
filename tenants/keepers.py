"""Who at Arxus has a request, whether it is free for others, and who hears of it (R31)."""

from django.db.models import Q
from django.utils import timezone

from contacts.models import User
from tenants import absence, staff
from tenants.models import Status, TenantRequest


def nobody_keeps() -> Q:
    """Not taken, or left lying for a working day by whoever it came back to (R31); once approved it is theirs.

    What somebody has who is away or gone is nobody's.
    """
    gone = Q(assignee__is_active=False) | absence.away("assignee__")
    return Q(assignee=None) | Q(status=Status.TO_VALIDATE, free_from__lte=timezone.now()) | gone


def is_free(tenant_request: TenantRequest) -> bool:
    """Whether anybody may take it from whoever has it: it came back and was left lying, or they are away or gone."""
    keeper, free_from = tenant_request.assignee, tenant_request.free_from
    if keeper and (absence.is_away(keeper) or not keeper.is_active):
        return tenant_request.with_arxus
    return tenant_request.status == Status.TO_VALIDATE and free_from is not None and free_from <= timezone.now()


def there(tenant_request: TenantRequest) -> User | None:
    """Whoever has it, unless they are away or gone: then it is nobody's."""
    keeper = tenant_request.assignee
    return keeper if keeper and keeper.is_active and not absence.is_away(keeper) else None


def hearing(tenant_request: TenantRequest) -> list[User]:
    """Who hears of what happens to a request: whoever has it; where that is nobody, or not there, every validator."""
    keeper = there(tenant_request)
    if keeper and not is_free(tenant_request):
        return [keeper]
    return [user for user in staff.validators() if not absence.is_away(user)]


def keeping(tenant_request: TenantRequest) -> list[User]:
    """Who hears that the partner changed what somebody at Arxus has: they, or every validator where they are not there.

    Of what nobody has taken, the queue tells.
    """
    return hearing(tenant_request) if tenant_request.assignee else []
