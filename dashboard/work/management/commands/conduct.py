"""manage.py conduct: the background work except exports, until stopped."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from dashboard.work.loops import conductor
from dashboard.work.run import run_until_stopped


class Command(BaseCommand):
    help = "Runs background work except log exports. Several of these may run."

    def handle(self, *args: Any, **options: Any) -> None:
        run_until_stopped(conductor())
