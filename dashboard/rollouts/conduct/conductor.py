"""The loop of `manage.py conduct`: looks at every active rollout, a few times a second.

Several conductors may run: each decision is written under the turn it was based on, so that the
second one to decide changes nothing.
"""

from __future__ import annotations

import logging
import threading
import time

from django.db import OperationalError, close_old_connections
from django.utils import timezone

from dashboard.reviews.proposals.deploying.sweep import sweep
from dashboard.rollouts.conduct.advance import Observe, Stale, advance
from dashboard.rollouts.external.poll import Poll
from dashboard.rollouts.hooks.courier import Courier
from dashboard.rollouts.models import Rollout
from dashboard.rollouts.retention import prune as retention
from dashboard.smoketests.models import SmokeRun
from dashboard.smoketests.runs.retention import prune
from dashboard.smoketests.runs.run import break_off, carry_out, claim, expire_stale_runs
from routing.control.deploy import DeployRefused
from routing.trail import origin

log = logging.getLogger(__name__)

LOOK_SECONDS = 0.5
PRUNE_EVERY = 600.0
"""Seconds between looks for runs of checks that are stored for long enough."""


def conduct(stop: threading.Event, observe: Observe, look_seconds: float = LOOK_SECONDS) -> None:
    """Looks until `stop` is set. Checks, outside guardrails and hooks have threads of their own: a
    slow Worker, or a server that hangs, delays no other rollout."""
    for work in (_run_checks, Poll().run, Courier().run, retention.run):
        threading.Thread(target=work, args=(stop, look_seconds), daemon=True).start()
    while not stop.is_set():
        look(observe)
        look_at_reviews()
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


def look_at_reviews() -> int:
    """Deploys what was approved, ends what ran out; how many requests are open."""
    try:
        return sweep(timezone.now())
    except OperationalError as error:
        log.warning("reviews: the database does not answer: %s", error)
    return 0


def _run_checks(stop: threading.Event, look_seconds: float) -> None:
    prune_at = 0.0
    while not stop.is_set():
        try:
            close_old_connections()
            run_waiting_checks()
            if time.monotonic() >= prune_at:
                prune(timezone.now())
                prune_at = time.monotonic() + PRUNE_EVERY
        except OperationalError as error:
            log.warning("checks: the database does not answer: %s", error)
        except Exception:  # a guard: a fault in one run must not end all later ones
            log.exception("checks: fault")
        stop.wait(look_seconds)


def run_waiting_checks() -> int:
    """Claims and carries out the waiting runs; returns how many."""
    expire_stale_runs(timezone.now())
    waiting = SmokeRun.objects.filter(state=SmokeRun.State.WAITING).order_by("started_at")
    related = waiting.select_related("edit__suite", "version__worker")
    carried_out = 0
    for run in related:  # claimed one by one: a run that waits for another one reports nothing
        if claim(run):
            _carry_out(run)
            carried_out += 1
    return carried_out


def _carry_out(run: SmokeRun) -> None:
    """A fault breaks its own run: left running, it would be repeated for ever."""
    try:
        carry_out(run)
    except OperationalError:
        raise
    except Exception:  # a guard: the runs behind it must not wait for it
        log.exception("run %s: fault", run.pk)
        break_off(run, "An unexpected error. The conductor's log has the details.")


def _look_at(rollout: Rollout, observe: Observe) -> None:
    try:
        with origin.begin():  # a decision's entries share an id
            advance(rollout, observe, timezone.now())
    except Stale:
        log.info("rollout %s moved in the meantime", rollout.pk)
    except DeployRefused as error:
        log.warning("rollout %s could not deploy: %s", rollout.pk, error)
    except OperationalError as error:
        log.warning("rollout %s: the database does not answer: %s", rollout.pk, error)
    except Exception:  # a guard: one rollout's fault must not stop the others
        log.exception("rollout %s: fault", rollout.pk)
