"""The link "This is not right" of a mail (R37), signed for one request and one address."""

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.urls import reverse

from tenants.models import TenantRequest

_signer = Signer(salt="tenants.objection")


def address(tenant_request: TenantRequest, email: str) -> str:
    """The same for the same reader, so that a preview and what is sent are equal (R32)."""
    token = _signer.signature(_signed(tenant_request, email))
    return settings.SITE_URL + reverse("tenants:objection", args=[tenant_request.public_id, token])


def fits(tenant_request: TenantRequest, email: str, token: str) -> bool:
    """Whether the link was made for this address."""
    try:
        _signer.unsign(f"{_signed(tenant_request, email)}:{token}")
    except BadSignature:
        return False
    return True


def _signed(tenant_request: TenantRequest, email: str) -> str:
    return f"{tenant_request.public_id.hex} {email}"
