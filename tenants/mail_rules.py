"""Of the mails about requests: which one weighs most (R17), who may read it, and while what it is true (R45)."""

from tenants.models import OPEN, Status

# What is only true of the sending that it speaks of (R45).
OF_ONE_VERSION = ("request_changes", "remind", "warn")
# From the weightiest to the lightest (R17).
WEIGHT = (
    "credentials",
    "fresh_link",
    "success",
    "registered",
    "registered_owner",
    "named_since",
    "contacts_changed",
    "invitation",
    "invitation_to_forward",
    "changes_requested",
    "changes_warning",
    "changes_reminder",
    "taken_back",
    "taken_back_staff",
    "person_corrected",
    "mail_lost",
    "mail_lost_staff",
    "not_activated",
    "objection",
    "objection_staff",
    "objection_settled",
    "objection_receipt",
    "approved",
    "rejected",
    "cancelled",
    "hitch",
    "reopened",
    "registration_corrected",
    "ended",
    "received_again",
    "confirmation",
    "confirmation_owner",
    "confirmation_changed",
    "no_longer_named",
    "named",
)
# What only somebody who is named in the request may read.
TO_THE_NAMED = (
    "confirmation",
    "confirmation_changed",
    "credentials",
    "fresh_link",
    "success",
    "registered",
    "named",
    "named_since",
    "reopened",
    "registration_corrected",
    "invitation",
)
# What an owner reads of an event speaks of what comes next, which is another thing once it has come (R45).
OWNERS_ONLY = {
    "confirmation_owner": (Status.TO_VALIDATE,),
    "received_again": (Status.TO_VALIDATE,),
    "hitch": (Status.TO_VALIDATE,),
    "approved": (Status.REGISTERING,),
}
# The statuses that a mail about an event does not contradict (R45).
_SENT = (*OPEN, Status.REGISTERED)
TRUE_IN: dict[str, tuple[str, ...]] = {
    "submit": _SENT,
    "name_another": (Status.CHANGES_REQUESTED,),
    "correct_person": _SENT,
    "change_contacts": (Status.REGISTERED,),
    "no_servicenow_user": (Status.REGISTERED,),
    "mail_lost": _SENT,
    "objection": OPEN,
    "objection_settled": _SENT,
    "request_changes": (Status.CHANGES_REQUESTED,),
    "remind": (Status.CHANGES_REQUESTED,),
    "warn": (Status.CHANGES_REQUESTED,),
    "approve": (Status.REGISTERING, Status.REGISTERED),
    "reject": (Status.REJECTED,),
    "withdraw": (Status.WITHDRAWN,),
    "register": (Status.REGISTERED,),
    "fresh_link": (Status.REGISTERED,),
    "not_activated": (Status.REGISTERED,),
    "fail": (Status.TO_VALIDATE, Status.REGISTERING, Status.REGISTERED),
    "cancel": (Status.WITHDRAWN,),
    "reopen": _SENT,
    "correct_registration": (Status.REGISTERED,),
    "waits_for": (Status.REGISTERING,),
    "remind_administrator": (Status.REGISTERING,),
}
