"""The loop of `manage.py conduct`: looks at every active rollout, a few times a second.

Several conductors may run: each decision is written under the turn it was based on, so that the
second one to decide changes nothing.
"""

from __future__ import annotations

import logging
import threading

from django.db import OperationalError, close_old_connections
from django.utils import timezone

from dashboard.rollouts.advance import Observe, Stale, advance
from dashboard.rollouts.models import Rollout
from routing.deploy import DeployRefused

log = logging.getLogger(__name__)

LOOK_SECONDS = 0.5


def conduct(stop: threading.Event, observe: Observe, look_seconds: float = LOOK_SECONDS) -> None:
    """Looks until `stop` is set."""
    while not stop.is_set():
        look(observe)
        stop.wait(look_seconds)


def look(observe: Observe) -> int:
    """One look at each active rollout; how many there are. A fault in one leaves the others."""
    try:
        close_old_connections()
        rollouts = list(Rollout.objects.active().with_versions())
    except OperationalError as error:
        log.warning("the database does not answer: %s", error)
        return 0
    for rollout in rollouts:
        _look_at(rollout, observe)
    return len(rollouts)


def _look_at(rollout: Rollout, observe: Observe) -> None:
    try:
        advance(rollout, observe, timezone.now())
    except Stale:
        log.info("rollout %s was moved by somebody else", rollout.pk)
    except DeployRefused as error:
        log.warning("rollout %s could not deploy: %s", rollout.pk, error)
    except OperationalError as error:
        log.warning("rollout %s: the database does not answer: %s", rollout.pk, error)
    except Exception:  # a guard: one rollout's fault must not stop the others
        log.exception("rollout %s: fault", rollout.pk)
