"""People and companies: who may log in, for whom they work, and whom Arxus writes to."""

from contacts.models.access_link import AccessLink
from contacts.models.company import Company, CompanyQuerySet, Industry, MicrosoftLanguage, RelationChange
from contacts.models.contact import Contact, ContactQuerySet, ContactRole, Salutation
from contacts.models.membership import Group, Invitation, InvitationQuerySet, Membership, group_labels
from contacts.models.user import Language, User, UserManager, sort_key

__all__ = [
    "AccessLink",
    "Company",
    "CompanyQuerySet",
    "Contact",
    "ContactQuerySet",
    "ContactRole",
    "Group",
    "Industry",
    "Invitation",
    "InvitationQuerySet",
    "Language",
    "Membership",
    "MicrosoftLanguage",
    "RelationChange",
    "Salutation",
    "User",
    "UserManager",
    "group_labels",
    "sort_key",
]
