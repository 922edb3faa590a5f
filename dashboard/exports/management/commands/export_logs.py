"""manage.py export_logs: pushes logs to where the export jobs say, until it is stopped."""

from __future__ import annotations

import os
import signal
import threading
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from dashboard.exports.worker.loop import run
from routing.parent_watch import on_parent_exit


class Command(BaseCommand):
    help = "Runs the log export jobs. Several of these may run; each job is done by one at a time."

    def handle(self, *args: Any, **options: Any) -> None:
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        if settings.PARENT_PID is not None:
            on_parent_exit(settings.PARENT_PID, stop.set)
        if not run(stop):
            os._exit(0)  # a thread that waits for a silent receiver cannot be asked to end
