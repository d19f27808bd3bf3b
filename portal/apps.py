from django.apps import AppConfig


class PortalConfig(AppConfig):
    name = "portal"

    def ready(self) -> None:
        from django.contrib import admin

        # The queue is what staff open; a list of all models beside every page only takes its room.
        admin.site.enable_nav_sidebar = False

        # Not in portal/__init__.py: bin/up imports portal.stack before anything is installed.
        import portal.celery  # noqa: F401  shared tasks find their app through this import
        from portal import logs

        logs.configure()
