"""manage.py work: all background work, until stopped."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from dashboard.work.loops import everything
from dashboard.work.run import run_until_stopped


class Command(BaseCommand):
    help = "Runs all background work until stopped. Several of these may run."

    def handle(self, *args: Any, **options: Any) -> None:
        run_until_stopped(everything(), write_health=True)
