from typing import Any

from django.core.management.base import BaseCommand

from portal.catalogues import compile_catalogues


class Command(BaseCommand):
    help = "Compile locale/*/LC_MESSAGES/*.po, without gettext's tools. Done at install; harmless to repeat."
    requires_system_checks: list[str] = []

    def handle(self, *_args: Any, **_options: Any) -> None:
        for path in compile_catalogues():
            self.stdout.write(f"Compiled {path}")
