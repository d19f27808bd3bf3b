from typing import Any

from django.core.management.base import BaseCommand

from portal.catalogues import add_missing, mistakes


class Command(BaseCommand):
    help = (
        "Add to the Dutch and French catalogues what mails say and they do not know yet, and list what is untranslated."
    )

    def handle(self, *_args: Any, **_options: Any) -> None:
        for language in ("nl", "fr"):
            self.stdout.write(f"{language}: {add_missing(language)} added")
            for line in sorted(mistakes(language)):
                self.stdout.write(line)
