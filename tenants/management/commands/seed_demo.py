"""Writes the demo's data: partners, people, customers, requests. Running it again changes nothing, and says so."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from tenants.demo.many import make_many
from tenants.demo.people import invite_some, make_bystanders, make_people
from tenants.demo.requests import make_requests
from tenants.demo.stock import make_stock_remarks


class Command(BaseCommand):
    help = "Write the demo's data; only where DEMO is on."

    def add_arguments(self, parser: CommandParser) -> None:
        said = "bring the further requests up to this number, some thousands at most; the same ones on every machine"
        parser.add_argument("--requests", type=int, default=0, metavar="N", help=said)

    def handle(self, *_args: Any, requests: int, **_options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("DEMO is off: these people and their password belong on no real portal.")
        with transaction.atomic():
            scene = make_people()
            make_stock_remarks()
            make_bystanders(scene.kim)
            invite_some(scene.alice)
            made = make_requests(scene)
        made += make_many(requests, scene.alice.memberships.get().company, scene.alice, scene.sam)
        self.stdout.write(
            f"The demo has {made} more requests." if made else "The demo is there already: nothing was changed."
        )
