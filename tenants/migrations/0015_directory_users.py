"""How many users a file of the directory names, written down for the files that still say it."""

from typing import Any

from django.db import migrations, models


def count(apps: Any, schema_editor: Any) -> None:
    DirectoryImport = apps.get_model("tenants", "DirectoryImport")
    for file in DirectoryImport.objects.all():
        file.users = len(file.rows) or file.entries.count() or None
        file.save(update_fields=["users"])


class Migration(migrations.Migration):
    dependencies = [("tenants", "0014_directory_applied_by")]

    operations = [
        migrations.AddField("directoryimport", "users", models.PositiveIntegerField(null=True)),
        migrations.RunPython(count, migrations.RunPython.noop),
    ]
