"""Runs the suite of a rollout again on a schedule while the candidate has traffic.

The runs belong to the rollout, so its own deployments do not void them. Never two at once: whether
one is due is decided under the rollout's row lock.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import F, QuerySet

from dashboard.rollouts.decisions.states import TAKES_TRAFFIC, State
from dashboard.rollouts.external_guardrails.verdicts import Recheck
from dashboard.rollouts.models import Rollout
from dashboard.smoketests.assertions import Verdict
from dashboard.smoketests.models import CheckResult, SmokeRun
from dashboard.smoketests.runs.run import ask
from dashboard.smoketests.suites.edits import newest_edit

HOLDS = frozenset({"recheck_failed", "recheck_broken", "recheck_late"})
"""Holds that another run of the checks may end."""


def ask_when_due(rollout: Rollout, now: datetime) -> SmokeRun | None:
    """Queues a run if one is due."""
    if not is_due(rollout, now):
        return None
    with transaction.atomic():
        same_turn = Rollout.objects.filter(pk=rollout.pk, turn=rollout.turn)
        if not same_turn.update(turn=F("turn")) or not is_due(rollout, now):
            return None  # it moved, or another conductor was faster
        return ask_now(rollout, now)


def ask_now(rollout: Rollout, now: datetime) -> SmokeRun | None:
    """Queues a run regardless of the schedule; None while one runs. Call with the turn claimed."""
    edit = newest_edit(rollout.worker, rollout.suite) if rollout.suite else None
    if edit is None or _runs(rollout).filter(state__in=SmokeRun.UNFINISHED).exists():
        return None
    return ask(edit, rollout.candidate, author=rollout.owner, now=now, rollout_id=rollout.pk)


def is_due(rollout: Rollout, now: datetime) -> bool:
    """Whether the interval since the start of the last run is over. At most one query."""
    every = rollout.terms.external.recheck
    if every is None or not rollout.suite or watched_state(rollout) not in TAKES_TRAFFIC:
        return False
    newest = _runs(rollout).values("state", "started_at").first()
    if newest is None or newest["state"] == SmokeRun.State.ABANDONED:
        return True
    age = abs(now - newest["started_at"])  # negative after the clock was set back
    return newest["state"] not in SmokeRun.UNFINISHED and age >= every


def watched_state(rollout: Rollout) -> State:
    """The state before the hold, or the state itself."""
    return State(rollout.before_hold if rollout.state == State.HELD else rollout.state)


def newest_recheck(rollout: Rollout) -> Recheck | None:
    """The newest run that ended, except abandoned ones. At most two queries."""
    unfinished = (*SmokeRun.UNFINISHED, SmokeRun.State.ABANDONED)
    run = _runs(rollout).exclude(state__in=unfinished).exclude(ended_at=None).first()
    if run is None or run.ended_at is None:
        return None
    failed: tuple[str, ...] = ()
    if run.state == SmokeRun.State.FAILED:
        rows = CheckResult.objects.filter(run=run, verdict=Verdict.FAILED, required=True)
        failed = tuple(dict.fromkeys(rows.values_list("name", flat=True)))
    return Recheck(run.state, run.ended_at, failed)


def _runs(rollout: Rollout) -> QuerySet[SmokeRun]:
    return SmokeRun.objects.filter(rollout_id=rollout.pk).order_by("-started_at", "-pk")
