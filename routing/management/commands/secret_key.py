"""manage.py secret_key status|reseal"""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from routing.control import audit
from routing.reencrypt import count_outdated, reencrypt_all
from routing.secret_encryption import DecryptionFailed


class Command(BaseCommand):
    help = (
        "To change SLUICE_SECRET_KEY: set the new key, set the old one as "
        "SLUICE_SECRET_KEY_PREVIOUS, restart, run `reseal`, remove the old one."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        actions.add_parser(
            "status", help="count secrets encrypted with an earlier key; exit code 1 if any"
        )
        actions.add_parser("reseal", help="re-encrypt them with the current key, all or nothing")

    def handle(self, *args: Any, action: str, **options: Any) -> None:
        if action == "status":
            if count := count_outdated():
                raise CommandError(
                    f"{count} secrets are encrypted with an earlier key or algorithm."
                )
            self.stdout.write("Every secret is encrypted with the current key.")
            return
        try:
            done = reencrypt_all()
        except DecryptionFailed as error:
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
        self.stdout.write(f"Re-encrypted {total} secrets.")
