"""What a request says differently since a page was opened (R34): whoever reads that nothing was saved reads why."""

from typing import Any

from django.core import signing

from tenants import summary
from tenants.models import Submission

_SALT = "tenants.since"


def since(last: Submission, version: int) -> list[summary.Change]:
    """What the last version changed of the one that a page showed; nothing where there is no such version."""
    before = last.tenant_request.submissions.filter(version=version).first()
    return summary.changes(before.data, last.data) if before else []


def carry(data: dict[str, Any]) -> str:
    """What a page shows before it is a version, signed, so that it can say later what has changed."""
    return signing.dumps(data, salt=_SALT, compress=True)


def since_carried(carried: str, now: dict[str, Any]) -> list[summary.Change]:
    """What changed since a page carried this along; nothing where it is none of ours."""
    try:
        return summary.changes(signing.loads(carried, salt=_SALT), now)
    except signing.BadSignature:
        return []
