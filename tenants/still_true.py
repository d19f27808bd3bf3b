"""Whether a mail about a request is still true when its turn comes: the guard of the outbox (R45)."""

from django.utils.translation import gettext as _

from contacts.models import User
from notifications.models import OutgoingEmail
from tenants import access, owners
from tenants.audience import CONFIRMED
from tenants.models import Invitation, Status, Submission, TenantRequest, WaitsFor


def contradiction(mail: OutgoingEmail) -> str | None:
    """Why a mail about a request is no longer true, or None."""
    if "statuses" not in mail.facts:
        return None
    rows = TenantRequest.objects.filter(pk=mail.facts["tenant_request"])
    row = rows.values_list("status", "version", "changed_at", "waits_for").first()
    if row is None:
        return _("The request is gone.")
    status, version, changed_at, waits_for = row
    if status not in mail.facts["statuses"]:
        return _("The request has moved on: %(status)s.") % {"status": Status(status).label}
    if mail.facts.get("untouched_since", changed_at.isoformat()) != changed_at.isoformat():
        return _("Somebody has worked on the draft since.")
    if mail.facts.get("version", version) != version:
        return _("The request was sent again since.")
    if "former_owner" in mail.facts and not _is_a_former_owner(mail):
        return _("This person owns the request again.")
    if mail.facts.get("roles") == ["owner"] and _is_a_former_owner(mail):
        return _("The request has another owner now.")
    if "not_activated" in mail.facts and _has_activated(mail):
        return _("Nobody waits for this activation link any more.")
    if mail.facts.get("waits_for", waits_for) != waits_for:
        return _("The request waits for somebody else by now: %(whom)s.") % {"whom": WaitsFor(waits_for).label}
    if "microsoft_invitation" in mail.facts and waits_for != WaitsFor.CUSTOMER:
        return _("The request no longer waits for the customer’s administrator.")
    if "microsoft_invitation" in mail.facts and _has_newer_invitation(mail):
        return _("A newer invitation was sent since.")
    if "named" in mail.facts and mail.to_email not in _last_sent(mail).emails:
        return _("This address is no longer named in the request.")
    if "no_longer" in mail.facts and _is_named_again(mail):
        return _("This address is named in the request again.")
    return None


def _last_sent(mail: OutgoingEmail) -> Submission:
    return Submission.objects.filter(tenant_request=mail.facts["tenant_request"]).latest("version")


def _is_named_again(mail: OutgoingEmail) -> bool:
    """Whether the reader is by now what the mail says that they are no longer."""
    data, former = _last_sent(mail).data, mail.facts["no_longer"]
    contacts = data["contacts"]
    # An address that was corrected is named again in whatever role; others are told of these two alone.
    roles = contacts["roles"] if "moved" in former else CONFIRMED
    present = [contacts[role]["email"] for role in roles if former != ["administrator"]]
    if {"administrator", "moved"} & set(former) and "existing" in data:
        present.append(data["existing"]["admin_email"])
    return mail.to_email in present


def _is_a_former_owner(mail: OutgoingEmail) -> bool:
    """Whether somebody with an account, who does not own the request any more, would get what its owner hears."""
    found = TenantRequest.objects.select_related("owner").get(pk=mail.facts["tenant_request"])
    hearing = [user.pk for user in owners.hearing(found)]
    return User.objects.filter(email=mail.to_email).exclude(pk__in=hearing).exists()


def _has_activated(mail: OutgoingEmail) -> bool:
    """Whether whoever had not used the link has done so, or is not the technical contact any more."""
    waiting = access.waiting_for(TenantRequest.objects.get(pk=mail.facts["tenant_request"]))
    return waiting is None or waiting.pk != mail.facts["not_activated"]


def _has_newer_invitation(mail: OutgoingEmail) -> bool:
    rows = Invitation.objects.filter(tenant_request=mail.facts["tenant_request"])
    return rows.filter(pk__gt=mail.facts["microsoft_invitation"]).exists()
