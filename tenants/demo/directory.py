"""The ServiceNow directory of the demo, in which not everybody is an active user."""

from datetime import timedelta

from contacts.models import Contact, User
from tenants import working_days
from tenants.directory import importing

# Whose last name says what the directory knows of them; all others are active users.
NOT_THERE, LOCKED, INACTIVE, TWICE = "Unknown", "Locked", "Inactive", "Twice"


def bring(by: User, days_old: int = 0) -> None:
    """Put a file in force that names the technical contacts and Nordwave's people."""
    contacts = Contact.objects.filter(roles__contains=["technical"]).order_by("email")
    colleagues = User.objects.filter(memberships__company__email_domains=["nordwave.example"], is_active=True)
    people = dict(contacts.values_list("email", "last_name"))
    people |= dict(colleagues.order_by("email").values_list("email", "last_name"))
    known = [(email, name) for email, name in people.items() if name != NOT_THERE]
    rows = [(email, email[:100], name != INACTIVE, name == LOCKED) for email, name in known]
    rows += [(email, f"{email[:90]}.old", True, False) for email, name in known if name == TWICE]
    dated = working_days.today() - timedelta(days=days_old)
    file = importing.keep(importing.Reading(rows), file_name="servicenow-users.csv", dated=dated, by=by)
    before = importing.current()
    importing.apply(file, by=by, instead_of=before.pk if before else None)
