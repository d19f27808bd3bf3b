"""What staff still write down about a tenant that is registered: the agreement that came later, a wrong hand-over.

Neither changes the status or mails anybody; each locks a fresh copy and writes a line of history.
"""

from datetime import date

from django.db import transaction
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from contacts.models import User
from tenants import history
from tenants.models import Status, Tenant, TenantRequest
from tenants.transitions import TransitionRefused, decides_about_oneself, lacks_the_right
from tenants.workflow import lock


def refusal_to_accept(tenant_request: TenantRequest, tenant: Tenant | None, by: User) -> TransitionRefused | None:
    """Why `by` may not write down now that Microsoft's agreement was accepted."""
    if why := lacks_the_right(by):
        return why
    if tenant_request.status != Status.REGISTERED or tenant is None:
        return TransitionRefused(_("No tenant is registered yet."), "status")
    if why := decides_about_oneself(tenant_request, by):
        return why
    if tenant.agreement != Tenant.MicrosoftAgreement.PENDING:
        return TransitionRefused(_("It is written down already that the agreement was accepted."), "repetition")
    return None


def accept_agreement(tenant_request: TenantRequest, *, by: User, on: date) -> Tenant:
    """Write down that the customer accepted Microsoft's agreement after registering."""
    with transaction.atomic():
        fresh = lock(tenant_request)
        tenant = Tenant.objects.filter(tenant_request=fresh).first()
        if (why := refusal_to_accept(fresh, tenant, by)) or tenant is None:
            raise why or TransitionRefused(_("No tenant is registered yet."), "status")
        tenant.agreement, tenant.agreement_accepted_on = Tenant.MicrosoftAgreement.DONE, on
        tenant.save(update_fields=["agreement", "agreement_accepted_on"])
        history.write(fresh, "agreement_accepted", by, comment=date_format(on, "j F Y"))
        return tenant


def refusal_to_reword(tenant_request: TenantRequest, tenant: Tenant | None, by: User) -> TransitionRefused | None:
    """Why `by` may not correct how the first login was handed over."""
    if not (by.is_active and by.is_staff and by.has_perm("tenants.correct_registration")):
        return TransitionRefused(_("Only a validation lead corrects what was written down."), "permission")
    if tenant_request.status != Status.REGISTERED or tenant is None or tenant_request.connects:
        return TransitionRefused(_("No first login was handed over here."), "status")
    return decides_about_oneself(tenant_request, by)


def reword_hand_over(tenant_request: TenantRequest, *, by: User, text: str) -> Tenant:
    """Correct how the first login was handed over. The former words are kept nowhere: they may be what had to go."""
    with transaction.atomic():
        fresh = lock(tenant_request)
        tenant = Tenant.objects.filter(tenant_request=fresh).first()
        if (why := refusal_to_reword(fresh, tenant, by)) or tenant is None:
            raise why or TransitionRefused(_("No tenant is registered yet."), "status")
        if tenant.first_login != text:
            tenant.first_login = text
            tenant.save(update_fields=["first_login"])
            history.write(fresh, "hand_over_corrected", by)
        return tenant
