"""manage.py digest [--send]"""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction
from django.utils import timezone

from dashboard.reviews.digest import messages
from dashboard.reviews.digest.findings import overlooked
from dashboard.reviews.digest.weekly import send


class Command(BaseCommand):
    help = (
        "Stale splits, forgotten 0%% versions and unreviewed deployments of the last week. The "
        "conductor sends it by itself, on Mondays from 08:00 UTC."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--send", action="store_true", help="notify people of it now")

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        findings = overlooked(now)
        self.stdout.write(messages.text(findings))
        if options["send"]:
            with transaction.atomic():
                sent = send(findings, now)
            self.stdout.write("Sent." if sent else "Nothing was sent.")
