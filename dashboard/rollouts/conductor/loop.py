"""Looks at every active rollout, and carries out the waiting runs of checks.

Several processes may: each decision is written under the turn it was based on, so that the second
one to decide changes nothing, and each run is claimed.
"""

from __future__ import annotations

import logging
from datetime import datetime

from django.db import OperationalError
from django.utils import timezone

from dashboard.rollouts.conductor.advance import Observe, Stale, advance
from dashboard.rollouts.models import Rollout
from dashboard.smoketests.models import SmokeRun
from dashboard.smoketests.runs.run import break_off, claim, execute, expire_stale_runs
from routing.control.deploy import DeployRefused
from routing.trail import origin

log = logging.getLogger(__name__)


def look(observe: Observe) -> int:
    """One look at each active rollout; returns how many there are. A rollout whose look fails stops
    no other."""
    rollouts = list(Rollout.objects.active().with_versions())
    for rollout in rollouts:
        _look_at(rollout, observe)
    return len(rollouts)


def run_waiting_checks(now: datetime) -> int:
    """Claims and carries out the waiting runs; returns how many."""
    expire_stale_runs(now)
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
        execute(run)
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
