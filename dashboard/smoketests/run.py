"""One run of a suite: every check, through every edge, pinned by override, proved by the log.

A check that another version answered is broken, never a pass: it says nothing about this version.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from dashboard.accounts.models import User
from dashboard.sending.answer import Answer
from dashboard.sending.send import send
from dashboard.sending.wire_request import (
    OVERRIDES,
    VERSION_KEY,
    SendFailed,
    WireRequest,
    own_address,
    proof_edges,
)
from dashboard.smoketests.assertions import Received, Verdict, judge
from dashboard.smoketests.document import Check
from dashboard.smoketests.models import CheckResult, SmokeRun, SuiteEdit
from dashboard.ui.remembered import of
from dashboard.ui.storable_text import storable
from routing.deploy import active_deployment
from routing.models import Edge, Invocation, Version, Worker
from routing.rules.fields import as_sent

AT_ONCE = 8
LOG_WAIT = 5.0
"""Seconds to wait for the edges' log lines when everything is sent."""
BEAT = 0.5
"""Seconds between reports."""
STALE_AFTER = timedelta(seconds=15)
"""A run whose process has not reported for so long is abandoned."""
KEPT = 8192
"""Characters of a body that are evidence."""
CANDIDATE = "candidate"
"""In a check's overrides: the version of that Worker that is not stable."""


class CannotRun(Exception):
    """Nothing was sent; the message says why."""


@dataclass(frozen=True, slots=True)
class _Sent:
    position: int
    check: Check
    edge: str
    answer: Answer | None
    problem: str = ""


def ask(
    edit: SuiteEdit,
    version: Version,
    *,
    author: User | None,
    now: datetime,
    rollout_id: Any = None,
) -> SmokeRun:
    """A run that waits for `carry_out`, here or in another process."""
    active = active_deployment(version.worker)
    return SmokeRun.objects.create(
        edit=edit,
        version=version,
        deployment_id=str(active.id) if active else "",
        rollout_id=rollout_id,
        author=author,
        started_at=now,
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


def carry_out(run: SmokeRun) -> SmokeRun:
    """Sends, proves and judges; the row says how far it is, and is in its last state at the end."""
    try:
        plan = _requests(run)
    except CannotRun as error:
        return _end(run, SmokeRun.State.BROKEN, str(error))
    edges = sorted({wire.edge for _, _, wire in plan})
    SmokeRun.objects.filter(pk=run.pk).update(edges=edges, total=len(plan))
    sent = _send_all(run, plan)
    if sent is None:
        return _end(run, SmokeRun.State.STOPPED)
    lines = _log_lines(run.version.worker.name, [s.answer.ray for s in sent if s.answer])
    results = [_result(run, one, lines) for one in sent]
    CheckResult.objects.bulk_create(results)
    return _end(run, _state_of(results))


def stop(run: SmokeRun) -> None:
    """Ends a run at the next check."""
    SmokeRun.objects.filter(pk=run.pk, state__in=SmokeRun.UNFINISHED).update(
        state=SmokeRun.State.STOPPED, ended_at=timezone.now()
    )


def break_off(run: SmokeRun, problem: str) -> SmokeRun:
    """Ends a run that cannot be carried out: it proves nothing."""
    return _end(run, SmokeRun.State.BROKEN, problem)


def _requests(run: SmokeRun) -> list[tuple[int, Check, WireRequest]]:
    """Each check through each edge."""
    edges, worker = proof_edges(), run.version.worker
    if not edges:
        raise CannotRun("No edge is connected.")
    active = active_deployment(worker)
    if not active or run.version_id not in {share.version_id for share in active.shares.all()}:
        raise CannotRun(
            f"#{run.version.number} is not in the active deployment of {worker.name}, so no "
            "override reaches it. Stage it at 0%."
        )
    checks = list(enumerate(run.edit.content.checks))
    overrides = {check.name: _overrides(check) for _, check in checks}
    return [
        (position, check, _wire(worker, check, edge, overrides[check.name], run.version))
        for position, check in checks
        for edge in edges
    ]


def _wire(
    worker: Worker, check: Check, edge: Edge, overrides: str, version: Version
) -> WireRequest:
    request = check.request
    lines = [(name, as_sent(value)) for name, value in request.headers.items()]
    if overrides:
        lines.append((OVERRIDES, as_sent(overrides)))
    if request.key:
        lines.append((VERSION_KEY, as_sent(request.key)))
    try:
        address = own_address(edge.proof_url)
    except SendFailed as error:
        raise CannotRun(f"{edge.name}: {error}") from error
    target, body = request.path.encode("utf-8"), request.body.encode()
    wire = WireRequest(worker.name, request.method, target, tuple(lines), body, edge.name, address)
    return wire.pinned_to(str(version.id))


def _overrides(check: Check) -> str:
    """Members of the override header for Workers behind this one."""
    members = []
    for name, asked in check.request.overrides.items():
        version = _candidate_of(name, check) if asked == CANDIDATE else asked
        members.append(f'{name}="{version}"')
    return ", ".join(members)


def _candidate_of(name: str, check: Check) -> str:
    worker = Worker.objects.filter(name=name).first()
    deployment = active_deployment(worker) if worker else None
    candidates = [s for s in of(deployment) if not s.is_stable] if deployment else []
    if not candidates:
        raise CannotRun(f"{check.name}: {name} has no candidate in its active deployment.")
    return str(candidates[0].version.id)


def _send_all(run: SmokeRun, plan: Sequence[tuple[int, Check, WireRequest]]) -> list[_Sent] | None:
    """None when it was stopped."""
    sent: list[_Sent] = []
    with ThreadPoolExecutor(AT_ONCE) as pool:
        left: set[Future[_Sent]] = {pool.submit(_send, *one) for one in plan}
        while left:
            done, left = wait(left, timeout=BEAT)
            sent += [future.result() for future in done]
            if not _report(run, len(sent)):
                pool.shutdown(wait=False, cancel_futures=True)
                return None
    return sorted(sent, key=lambda one: (one.position, one.edge))


def _send(position: int, check: Check, wire: WireRequest) -> _Sent:
    """Touches no database: it runs in the pool."""
    try:
        return _Sent(position, check, wire.edge, send(wire))
    except SendFailed as error:
        return _Sent(position, check, wire.edge, None, f"{error.title}: {error}"[:500])


def _report(run: SmokeRun, done: int) -> bool:
    """Whether the run goes on."""
    running = SmokeRun.objects.filter(pk=run.pk, state=SmokeRun.State.RUNNING)
    return bool(running.update(done=done, heartbeat_at=timezone.now()))


def _log_lines(worker: str, rays: Iterable[str]) -> dict[str, str]:
    """Ray → the version that ran, by the edges' log; those that came in time."""
    wanted = {ray for ray in rays if ray}
    rows = Invocation.objects.filter(ray__in=wanted, hop="proof", worker=worker)
    deadline = time.monotonic() + LOG_WAIT
    while True:
        lines = dict(rows.values_list("ray", "version_id"))
        if len(lines) >= len(wanted) or time.monotonic() > deadline:
            return lines
        time.sleep(0.1)


def _result(run: SmokeRun, sent: _Sent, lines: dict[str, str]) -> CheckResult:
    row = CheckResult(
        run=run,
        position=sent.position,
        name=sent.check.name,
        required=sent.check.required,
        edge=sent.edge,
    )
    if sent.answer is None:
        row.verdict, row.problem = Verdict.BROKEN, sent.problem
        return row
    answer = sent.answer
    row.proved = answer.ray in lines
    row.version_id = lines.get(answer.ray, answer.stamps.get("version", ""))[:36]
    received = Received(
        answer.status, answer.headers, answer.body, answer.elapsed_ms, row.version_id
    )
    row.verdict, results = judge(sent.check, received, str(run.version_id))
    row.results = storable([asdict(result) for result in results])
    row.ray, row.status, row.ms = answer.ray[:32], answer.status, round(answer.elapsed_ms, 1)
    row.body = storable((answer.text or "")[:KEPT])
    return row


def _state_of(results: Sequence[CheckResult]) -> str:
    """Optional checks are shown and decide nothing, unless there are no others."""
    required = [row for row in results if row.required] or results
    verdicts = {row.verdict for row in required}
    if Verdict.BROKEN in verdicts:
        return SmokeRun.State.BROKEN
    return SmokeRun.State.FAILED if Verdict.FAILED in verdicts else SmokeRun.State.PASSED


def _end(run: SmokeRun, state: str, problem: str = "") -> SmokeRun:
    SmokeRun.objects.filter(pk=run.pk).update(
        state=state, problem=problem[:500], ended_at=timezone.now()
    )
    run.refresh_from_db()
    return run
