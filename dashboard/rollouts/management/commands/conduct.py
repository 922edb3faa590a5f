"""manage.py conduct: leads the active rollouts on, until it is stopped."""

from __future__ import annotations

import signal
import threading
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from dashboard.notifications.delivery import loop
from dashboard.reviews.digest.weekly import send_weekly
from dashboard.rollouts.conduct.conductor import conduct
from dashboard.rollouts.conduct.observe import Observer
from dashboard.rollouts.conduct.verification import verify
from dashboard.trail.upkeep import keep_up
from routing.parent_watch import on_parent_exit


class Command(BaseCommand):
    help = "Decides and carries out the steps of rollouts. Several of these may run."

    def handle(self, *args: Any, **options: Any) -> None:
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        if settings.PARENT_PID is not None:
            on_parent_exit(settings.PARENT_PID, stop.set)
        threading.Thread(target=loop.run, args=(stop, [send_weekly]), daemon=True).start()
        threading.Thread(target=keep_up, args=(stop,), daemon=True).start()
        conduct(stop, Observer(verify))
