"""One run of a suite: every check, through every edge, pinned by override, proved by the log.

A check that another version answered is broken, never a pass: it says nothing about this version.
"""

from __future__ import annotations

import time
from concurrent.futures import Future, ThreadPoolExecutor, wait
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from django.utils import timezone

from dashboard.accounts.models import User
from dashboard.sending.deadline import Cancellation, within
from dashboard.smoketests.assertions import Verdict
from dashboard.smoketests.models import SmokeRun, SuiteEdit
from dashboard.smoketests.runs.collector import Collector, state_of
from dashboard.smoketests.runs.exchange import Judged, perform
from dashboard.smoketests.runs.jobs import CannotRun, Plan, plan_of
from dashboard.smoketests.runs.scripts import earlier_result, run_script
from routing.control.deploy import active_deployment
from routing.models import Version

AT_ONCE = 8
WINDOW = 256
"""Checks under way or without their log line, at most."""
DEADLINE = 600.0
"""Seconds for a whole run."""
LOG_WAIT = 5.0
"""Seconds to wait for the edge's log line of an answer."""
BEAT = 0.5
"""Seconds between reports, at most."""
PAUSE = 0.1
"""Seconds between looks for log lines when nothing is under way."""
STALE_AFTER = timedelta(seconds=15)
"""A run whose process has not reported for so long is abandoned."""


def ask(
    edit: SuiteEdit,
    version: Version,
    *,
    author: User | None,
    now: datetime,
    rollout_id: Any = None,
    by_command: bool = False,
) -> SmokeRun:
    """A run that waits for `execute`, here or in another process.

    One `by_command` is claimed already: only the command that asked for it may run its scripts.
    """
    active = active_deployment(version.worker)
    claimed = {"state": SmokeRun.State.RUNNING, "heartbeat_at": timezone.now()}
    return SmokeRun.objects.create(
        edit=edit,
        version=version,
        deployment_id=str(active.id) if active else "",
        rollout_id=rollout_id,
        by_command=by_command,
        author=author,
        started_at=now,
        **(claimed if by_command else {}),
    )


def claim(run: SmokeRun) -> bool:
    """Whether this process carries it out: only one does."""
    waiting = SmokeRun.objects.filter(pk=run.pk, state=SmokeRun.State.WAITING)
    return bool(waiting.update(state=SmokeRun.State.RUNNING, heartbeat_at=timezone.now()))


def expire_stale_runs(now: datetime) -> int:
    """Ends the runs whose process has died; returns how many."""
    running = SmokeRun.objects.filter(state=SmokeRun.State.RUNNING)
    stale = running.filter(heartbeat_at__lt=now - STALE_AFTER)
    return stale.update(state=SmokeRun.State.ABANDONED, ended_at=now)


def execute(run: SmokeRun, *, runs_scripts: bool = False) -> SmokeRun:
    """Sends, proves and judges; the row says how far it is, and is in its last state at the end.

    `runs_scripts` is for `manage.py smoke run` alone: no page and no conductor runs a command.
    """
    try:
        plan = plan_of(run)
    except CannotRun as error:
        return _end(run, SmokeRun.State.BROKEN, str(error))
    edges = sorted(name for name, _ in plan.edges)
    SmokeRun.objects.filter(pk=run.pk).update(edges=edges, total=plan.total)
    collector = Collector(run, LOG_WAIT)
    with within(DEADLINE) as deadline:
        if not _send_all(plan, collector, deadline):
            return _end(run, SmokeRun.State.STOPPED)
        late = deadline.cancelled
    if not _scripts(plan, collector, runs_scripts):
        return _end(run, SmokeRun.State.STOPPED)
    if late:
        words = (
            f"Ended after {DEADLINE / 60:.0f} min with {collector.saved} of {plan.total} results."
        )
        return _end(run, SmokeRun.State.BROKEN, words)
    return _end(run, judged_state(run), _not_run(run))


def judged_state(run: SmokeRun) -> str:
    """The state that the run's results come to."""
    rows = run.results.order_by().values_list("required", "verdict", "accepted").distinct()
    return state_of([(required, verdict, bool(by)) for required, verdict, by in rows])


def settle(run: SmokeRun) -> None:
    """Brings the state of an ended run in line with what was marked as expected."""
    judged = SmokeRun.objects.filter(pk=run.pk, state__in=SmokeRun.JUDGED, problem="")
    judged.update(state=judged_state(run))


def _not_run(run: SmokeRun) -> str:
    """What a run says that could run no scripts."""
    left = run.results.filter(verdict=Verdict.COMMAND, required=True).count()
    words = "script runs" if left == 1 else "scripts run"
    return f"{left} required {words} by command only: manage.py smoke run." if left else ""


def _scripts(plan: Plan, collector: Collector, runs_scripts: bool) -> bool:
    """Runs the scripts, or looks for a run that did; whether the run goes on."""
    run = collector.run
    for position, check in enumerate(plan.checks):
        if not check.script:
            continue
        if runs_scripts:
            row = run_script(run, position, check, lambda: _report(run, collector.saved), BEAT)
        else:
            row = earlier_result(run, position, check, timezone.now())
        collector.add_row(row)
        if not _report(run, collector.saved):
            return False
    return True


def stop(run: SmokeRun) -> None:
    """Ends a run at the next check."""
    SmokeRun.objects.filter(pk=run.pk, state__in=SmokeRun.UNFINISHED).update(
        state=SmokeRun.State.STOPPED, ended_at=timezone.now()
    )


def break_off(run: SmokeRun, problem: str) -> SmokeRun:
    """Ends a run that cannot be carried out: it proves nothing."""
    return _end(run, SmokeRun.State.BROKEN, problem)


def _send_all(plan: Plan, collector: Collector, ended: Cancellation) -> bool:
    """Whether it got to its end; False when the run was stopped.

    At most `WINDOW` checks are under way or wait for their log lines, so that memory does not grow
    with the suite.
    """
    jobs, under_way = plan.jobs(), set[Future[Judged | None]]()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        while True:
            room = WINDOW - len(under_way) - len(collector.waiting)
            under_way |= {pool.submit(perform, plan, job, ended) for job in islice(jobs, room)}
            done, under_way = wait(under_way, timeout=BEAT)
            for judged in filter(None, (future.result() for future in done)):
                collector.add(judged)
            collector.save()
            if not _report(collector.run, collector.saved):
                ended.cancel()
                pool.shutdown(wait=False, cancel_futures=True)
                return False
            if not under_way and not collector.waiting and not done:
                return True
            if not done:
                time.sleep(PAUSE)


def _report(run: SmokeRun, done: int) -> bool:
    """Whether the run goes on."""
    running = SmokeRun.objects.filter(pk=run.pk, state=SmokeRun.State.RUNNING)
    return bool(running.update(done=done, heartbeat_at=timezone.now()))


def _end(run: SmokeRun, state: str, problem: str = "") -> SmokeRun:
    SmokeRun.objects.filter(pk=run.pk).update(
        state=state, problem=problem[:500], ended_at=timezone.now()
    )
    run.refresh_from_db()
    return run
