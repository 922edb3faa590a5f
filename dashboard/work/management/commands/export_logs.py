"""manage.py export_logs: log exports only, until stopped."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from dashboard.work.loops import exports
from dashboard.work.run import run_until_stopped


class Command(BaseCommand):
    help = "Runs log export jobs. Several of these may run; one at a time runs a job."

    def handle(self, *args: Any, **options: Any) -> None:
        run_until_stopped(exports())
