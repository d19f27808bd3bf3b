"""The names in what was sent, for the search of staff."""

import unicodedata
from typing import Any

from django.db import migrations, models

ROLES = ("technical", "commercial", "dpo", "watchlist", "security")
TYPED = (("microsoft", "primary"), ("microsoft", "signatory"), ("existing", "admin"))


def names_in(data: Any) -> str:
    """As tenants.named.names_in() wrote them when this was made."""
    contacts = data.get("contacts", {})
    people = [[contacts[role].get("first_name"), contacts[role].get("last_name")] for role in ROLES if contacts.get(role)]
    for step, who in TYPED:
        people.append([data.get(step, {}).get(f"{who}_{part}") for part in ("first_name", "last_name")])
    lines = {f"{first} {last} {first}" for first, last in people if first and last}
    lines |= {str(data.get("tenant", {}).get("login_name") or "")} - {""}
    folded = (unicodedata.normalize("NFKD", line.casefold()) for line in lines)
    return "\n".join(sorted("".join(c for c in line if not unicodedata.combining(c)).strip() for line in folded))


def fill_in(apps: Any, schema_editor: Any) -> None:
    Submission = apps.get_model("tenants", "Submission")
    for sent in Submission.objects.only("data").iterator():
        Submission.objects.filter(pk=sent.pk).update(names=names_in(sent.data))


class Migration(migrations.Migration):
    dependencies = [("tenants", "0015_directory_users")]

    operations = [
        migrations.AddField("submission", "names", models.TextField(blank=True, default="")),
        migrations.RunPython(fill_in, migrations.RunPython.noop),
    ]
