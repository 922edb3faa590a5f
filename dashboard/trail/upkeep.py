"""What the conductor's process does for the trail: seal what waits, prune, push."""

from __future__ import annotations

import logging
import threading
import time

from django.conf import settings
from django.db import OperationalError, close_old_connections
from django.utils import timezone

from dashboard.trail.push import push
from routing.trail import origin
from routing.trail.retention import prune
from routing.trail.seal import seal_all

log = logging.getLogger(__name__)

LOOK_SECONDS = 1.0
TIDY_SECONDS = 300.0
"""Between looks for unsealed and for old entries."""


def keep_up(stop: threading.Event, look_seconds: float = LOOK_SECONDS) -> None:
    """Until `stop` is set."""
    tidy_at = time.monotonic()
    while not stop.is_set():
        try:
            close_old_connections()
            with origin.begin():
                if time.monotonic() >= tidy_at:
                    tidy_at = time.monotonic() + TIDY_SECONDS
                    tidy()
                while push(timezone.now()) and not stop.is_set():
                    pass  # a full batch: there may be more
        except OperationalError as error:
            log.warning("audit trail: the database does not answer: %s", error)
        except Exception:  # a guard: a fault must not end the loop
            log.exception("audit trail: fault")
        stop.wait(look_seconds)


def tidy() -> None:
    """Seals entries that have no seal, and removes those over the retention."""
    seal_all()
    prune(timezone.now(), settings.KEEP_AUDIT)
