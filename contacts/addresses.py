"""Another address for one's own account: asked for while logged in, confirmed from the new mailbox (T47, T48).

Contacts and requests are left alone: there an address is corrected where it stands (R26).
"""

import structlog
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from contacts import access_links, history, value_add
from contacts.access_links import Purpose
from contacts.account_mails import account_mail
from contacts.login import change_address
from contacts.models import AccessLink, Company, User
from notifications.outbox import enqueue

log = structlog.get_logger(__name__)


class Refused(Exception):
    """The address stays as it is; the text says why."""


def refusal(email: str, user: User) -> str | None:
    """Why a partner's person cannot take an address, in a sentence that names the partner's own customer (R14).

    Nobody else is told of customers: the outbox withholds their mail, and the answer is the one for every address.
    """
    partners = user.memberships.filter(company__kind=Company.Kind.PARTNER).exclude(groups=[])
    customer = value_add.customer_of(email, Q(partner__in=partners.values("company")))
    if customer is None:
        return None
    return _("%(customer)s does not know Arxus, so nobody logs in with an address there.") % {"customer": customer}


@transaction.atomic
def ask(user: User, email: str) -> AccessLink:
    """Mail a link to the new address, whoever has it (T55); an earlier one dies."""
    link = access_links.issue(user, Purpose.ADDRESS, email=email)
    enqueue([account_mail("account_address_confirm", user, to_email=email, facts={"access_link": str(link.pk)})])
    return link


def asked(user: User) -> AccessLink | None:
    """The link that the user has not confirmed yet."""
    link = user.access_links.filter(purpose=Purpose.ADDRESS, used_at=None, replaced_at=None).first()
    return link if link and timezone.now() < access_links.until(link) else None


@transaction.atomic
def confirm(token: str, *, by: User) -> User | None:
    """Give the account the address that the link was mailed to, and use the link up; None if it does not live for `by`.

    All sessions of the user end with the old address. Raises Refused.
    """
    User.objects.select_for_update().get(pk=by.pk)
    link = access_links.find(Purpose.ADDRESS, token)
    if link is None or link.user_id != by.pk:
        return None
    if value_add.refusal(link.email, value_add.of_account(by.pk)):
        raise Refused(refusal(link.email, by) or _("Arxus does not write to this address, so nobody logs in with it."))
    AccessLink.objects.filter(pk=link.pk).update(used_at=timezone.now())
    try:
        change_address(link.user, link.email)
    except IntegrityError:
        sentence = _(
            "Another account has the address %(email)s, so yours stays as it is. If both are yours, ask the Arxus"
            " service desk."
        )
        raise Refused(sentence % {"email": link.email}) from None
    for membership in link.user.memberships.select_related("company"):
        history.wrote(link.user, membership.company, _("Changed the address of the login."))
    log.info("address_changed")
    return link.user
