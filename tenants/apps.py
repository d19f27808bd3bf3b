from django.apps import AppConfig
from django.db.models.signals import post_migrate


class TenantsConfig(AppConfig):
    name = "tenants"
    verbose_name = "Tenants"

    def ready(self) -> None:
        from tenants.staff import make_staff_groups

        # Django makes permissions after migrating, so groups that hold them can only be made then.
        post_migrate.connect(make_staff_groups, sender=self)

        from notifications import outbox
        from tenants.announcements import contradiction

        outbox.GUARDS.append(contradiction)
