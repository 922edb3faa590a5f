"""manage.py export_logs: pushes logs to where the export jobs say, until it is stopped."""

from __future__ import annotations

import os
import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand

from dashboard.exports.running import run
from routing.parent import gone, starter

PARENT_LOOK_SECONDS = 1.0


class Command(BaseCommand):
    help = "Runs the log export jobs. Several of these may run; each job is done by one at a time."

    def handle(self, *args: Any, **options: Any) -> None:
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        if os.environ.get("SLUICE_EXIT_WITH_PARENT") == "1":
            parent = starter()
            threading.Thread(target=_end_with_parent, args=(stop, parent), daemon=True).start()
        if not run(stop):
            os._exit(0)  # a thread that waits for a silent receiver cannot be asked to end


def _end_with_parent(stop: threading.Event, parent: int) -> None:
    while not gone(parent):
        if stop.wait(PARENT_LOOK_SECONDS):
            return
    stop.set()
