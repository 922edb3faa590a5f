"""Runs: a thread of the web process with a bounded pool, which reports to the run's row."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import astuple
from itertools import count

from django.db import connections
from django.db.models import QuerySet
from django.utils import timezone

from dashboard.playground import messages
from dashboard.playground.runs.models import Run
from dashboard.playground.runs.statistics import Sent
from dashboard.sending.deadline import Cancellation
from dashboard.sending.outcome import confirm, send_once
from dashboard.sending.wire_request import WireRequest

BEAT = 0.4
"""Seconds between reports."""
LOG_WAIT = 5.0
"""Seconds to wait for the edge's log lines when everything is sent."""
LONGEST = 600.0
"""Seconds for a whole run: 1,000 sends to a Worker that streams would take hours."""
PLACES = 4
"""Runs of one process at a time."""
SLOTS = threading.BoundedSemaphore(PLACES)

_logger = logging.getLogger(__name__)


def launch(run: Run, requests: Sequence[WireRequest]) -> bool:
    """Starts a run; False when this process has no free slot. `requests` is the same one through
    each edge, which take turns."""
    if not SLOTS.acquire(blocking=False):
        return False
    threading.Thread(target=_with_slot, args=(run, requests), daemon=True).start()
    return True


def carry_out(run: Run, requests: Sequence[WireRequest]) -> None:
    """Sends, reports, confirms by the log, and leaves the row in a final state even on errors."""
    sender = Sender(requests, run.count)
    try:
        stopped = _send_all(run, sender)
        problem = messages.RUN_LATE.format(LONGEST / 60) if sender.late else ""
        _finish(run, sender.sent, Run.State.STOPPED if stopped else Run.State.DONE, problem)
    except Exception as error:
        _logger.exception("A run of the playground failed")
        sender.stop.set()
        problem = messages.RUN_FAILED.format(type(error).__name__)
        _running(run).update(state=Run.State.DIED, ended_on=timezone.now(), problem=problem)


class Sender:
    """Sends a request many times from several threads, through its edges in turn."""

    def __init__(self, requests: Sequence[WireRequest], total: int) -> None:
        self.requests = requests
        self.stop = threading.Event()
        self.late = False
        self.sent: list[Sent] = []
        self._total = total
        self._number = count()

    def work(self) -> None:
        # `next` on a count and `append` are each atomic under the interpreter's lock.
        while not self.stop.is_set() and (number := next(self._number)) < self._total:
            self.sent.append(timed_send(self.requests[number % len(self.requests)]))


def timed_send(request: WireRequest, cancellation: Cancellation | None = None) -> Sent:
    """One send as a row of a run, answered or not."""
    began = time.monotonic()
    outcome = send_once(request, cancellation)
    answer = outcome.answer
    if answer is None:
        ms = (time.monotonic() - began) * 1000
        return Sent("", 0, round(ms, 2), "", problem=outcome.problem[:200])
    proof = answer.proof_headers
    return Sent(
        version=proof.get("version", "")[:36],
        status=answer.status,
        ms=round(answer.elapsed_ms, 2),
        ray=answer.ray[:32],
        reason=proof.get("reason", "")[:16],
        deployment=proof.get("deployment", "")[:36],
    )


def _with_slot(run: Run, requests: Sequence[WireRequest]) -> None:
    try:
        carry_out(run, requests)
    finally:
        SLOTS.release()
        connections.close_all()


def _send_all(run: Run, sender: Sender) -> bool:
    """Whether it was stopped or took too long."""
    ends = time.monotonic() + LONGEST
    with ThreadPoolExecutor(run.at_once) as pool:
        left: set[Future[None]] = {pool.submit(sender.work) for _ in range(run.at_once)}
        while left:
            done, left = wait(left, timeout=BEAT)
            for finished in done:
                finished.result()
            sender.late = sender.late or time.monotonic() > ends
            if left and not sender.stop.is_set() and (_report(run, sender.sent) or sender.late):
                sender.stop.set()
    return sender.stop.is_set()


def _report(run: Run, sent: Sequence[Sent]) -> bool:
    """Writes progress. True to stop: on request, or when the row was deleted or closed."""
    rows = [astuple(s) for s in list(sent)]
    written = _running(run).update(sent=rows, heartbeat_at=timezone.now())
    return not written or Run.objects.filter(pk=run.pk, stop_asked=True).exists()


def _finish(run: Run, sent: Sequence[Sent], state: str, problem: str) -> None:
    _report(run, sent)
    ended = timezone.now()
    confirmed, wrong = confirm(run.worker, {s.ray: s.version for s in sent if s.ray}, LOG_WAIT)
    _running(run).update(
        state=state,
        ended_on=ended,
        confirmed=confirmed,
        contradicted=wrong[:100],
        problem=problem,
    )


def _running(run: Run) -> QuerySet[Run]:
    return Run.objects.filter(pk=run.pk, state=Run.State.RUNNING)
