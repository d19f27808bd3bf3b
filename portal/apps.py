from django.apps import AppConfig


class PortalConfig(AppConfig):
    name = "portal"

    def ready(self) -> None:
        # Not in portal/__init__.py: bin/up imports portal.stack before anything is installed.
        import portal.celery  # noqa: F401  shared tasks find their app through this import
        from portal import logs

        logs.configure()
