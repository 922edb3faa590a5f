"""manage.py secret_key status|reseal"""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from routing.control import audit
from routing.reseal import reseal, stale
from routing.secret_encryption import SealBroken


class Command(BaseCommand):
    help = (
        "Changing SLUICE_SECRET_KEY: set the new one, and the old one as "
        "SLUICE_SECRET_KEY_PREVIOUS; start again; `reseal`; take the old one away."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        actions.add_parser("status", help="what an earlier key or algorithm sealed; exit code 1")
        actions.add_parser("reseal", help="seals it with the key of now, all or nothing")

    def handle(self, *args: Any, action: str, **options: Any) -> None:
        if action == "status":
            if count := stale():
                raise CommandError(f"{count} secrets are sealed with an earlier key or algorithm.")
            self.stdout.write("Every secret is sealed with the key of now.")
            return
        try:
            done = reseal()
        except SealBroken as error:
            raise CommandError(f"{error} Nothing was changed.") from error
        total = sum(done.values())
        if total:
            audit.record(
                "secret_key.reseal",
                "secrets",
                actor=None,
                source="shell",
                now=timezone.now(),
                after={where: count for where, count in done.items() if count},
            )
        self.stdout.write(f"{total} secrets were sealed again.")
