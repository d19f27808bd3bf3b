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


def refusal_about_agreement(tenant_request: TenantRequest, tenant: Tenant | None, by: User) -> TransitionRefused | None:
    """Why `by` may not write down now whether, or when, Microsoft's agreement was accepted."""
    if why := lacks_the_right(by):
        return why
    if tenant_request.status != Status.REGISTERED or tenant is None:
        return TransitionRefused(_("No tenant is registered yet."), "status")
    return decides_about_oneself(tenant_request, by)


def standing(tenant: Tenant) -> str:
    """What is written down of the agreement, as a page names it that was made for it."""
    return str(tenant.agreement_accepted_on or tenant.agreement)


def accept_agreement(
    tenant_request: TenantRequest, *, by: User, on: date, seen: str = Tenant.MicrosoftAgreement.PENDING
) -> Tenant:
    """Write down on which day the customer accepted Microsoft's agreement, or another day than the one written down.

    `seen` is what `by` has read there, as standing() says it.
    """
    with transaction.atomic():
        fresh, tenant = _locked(tenant_request, by, seen)
        if tenant.agreement_accepted_on == on:
            raise TransitionRefused(_("This day is written down already."), "repetition")
        verb, said = "agreement_accepted", _day(on)
        if tenant.agreement == Tenant.MicrosoftAgreement.DONE:
            verb, said = "agreement_corrected", f"{_before(tenant)} → {said}"
        tenant.agreement, tenant.agreement_accepted_on = Tenant.MicrosoftAgreement.DONE, on
        tenant.save(update_fields=["agreement", "agreement_accepted_on"])
        history.write(fresh, verb, by, comment=said)
        return tenant


def take_agreement_back(tenant_request: TenantRequest, *, by: User, seen: str) -> Tenant:
    """Write down that the agreement was not accepted after all: it is pending again."""
    with transaction.atomic():
        fresh, tenant = _locked(tenant_request, by, seen)
        if tenant.agreement == Tenant.MicrosoftAgreement.PENDING:
            raise TransitionRefused(_("It is still to be accepted, as it stands here already."), "repetition")
        said = _before(tenant)
        tenant.agreement, tenant.agreement_accepted_on = Tenant.MicrosoftAgreement.PENDING, None
        tenant.save(update_fields=["agreement", "agreement_accepted_on"])
        history.write(fresh, "agreement_taken_back", by, comment=said)
        return tenant


def _locked(tenant_request: TenantRequest, by: User, seen: str) -> tuple[TenantRequest, Tenant]:
    fresh = lock(tenant_request)
    tenant = Tenant.objects.filter(tenant_request=fresh).first()
    if (why := refusal_about_agreement(fresh, tenant, by)) or tenant is None:
        raise why or TransitionRefused(_("No tenant is registered yet."), "status")
    if seen != standing(tenant):
        sentence = _("Something else is written down now: “%(agreement)s”. Read it, then decide.")
        raise TransitionRefused(sentence % {"agreement": _in_words(tenant)}, "version")
    return fresh, tenant


def _in_words(tenant: Tenant) -> str:
    if on := tenant.agreement_accepted_on:
        return _("Accepted on %(day)s") % {"day": _day(on)}
    return str(tenant.get_agreement_display())


def _before(tenant: Tenant) -> str:
    return _day(tenant.agreement_accepted_on) if tenant.agreement_accepted_on else _("on registering")


def _day(day: date) -> str:
    return date_format(day, "j F Y")


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
