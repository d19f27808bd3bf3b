"""The ServiceNow directory of the demo, in which not everybody is an active user."""

from datetime import timedelta

from contacts.models import Contact, User
from tenants import working_days
from tenants.directory import importing

# Whose last name says what the directory knows of them; all others are active users.
NOT_THERE, LOCKED, INACTIVE, TWICE = "Unknown", "Locked", "Inactive", "Twice"


def bring(by: User, days_old: int = 0) -> None:
    """Put a file in force that names the technical contacts, and the colleagues, of the partners."""
    contacts = Contact.objects.filter(roles__contains=["technical"]).order_by("email")
    people = {person.email: person.last_name for person in contacts}
    members = User.objects.filter(memberships__isnull=False, is_active=True).order_by("email")
    people |= {member.email: member.last_name for member in members}
    rows = [
        (email, email[:100], name != INACTIVE, name == LOCKED) for email, name in people.items() if name != NOT_THERE
    ]
    rows += [(email, f"{email[:90]}.old", True, False) for email, name in people.items() if name == TWICE]
    dated = working_days.today() - timedelta(days=days_old)
    file = importing.keep(importing.Reading(rows), file_name="servicenow-users.csv", dated=dated, by=by)
    importing.apply(file)
