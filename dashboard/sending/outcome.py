"""Sends a request and proves which version ran: WireRequest → Outcome."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from dashboard.sending import messages
from dashboard.sending.answer import Answer
from dashboard.sending.deadline import Cancellation
from dashboard.sending.send import send
from dashboard.sending.wire_request import SendFailed, WireRequest
from routing.models import Invocation

LOG_WAIT = 1.5
"""Seconds to wait for the edge's log line; it usually takes a quarter of one."""
_PAUSE = 0.05
_BULK_PAUSE = 0.2

RAY = re.compile(r"[0-9A-Za-z-]{1,32}")


@dataclass(frozen=True, slots=True)
class Outcome:
    """Either `answer` or `failure`. `log_line` is None when it did not come in time."""

    request: WireRequest
    answer: Answer | None = None
    failure: SendFailed | None = None
    log_line: Invocation | None = None

    @property
    def version_id(self) -> str:
        """The version that ran: by the log line, else by the proof headers; or empty."""
        if self.log_line is not None:
            return self.log_line.version_id
        return self.answer.proof_headers.get("version", "") if self.answer else ""

    def answer_or_raise(self) -> Answer:
        """The answer; raises the `SendFailed` there is instead."""
        if self.answer is None:
            raise self.failure or SendFailed(messages.NOT_SENT, "")
        return self.answer

    @property
    def problem(self) -> str:
        """Why there is no answer, in one line; empty with an answer."""
        return f"{self.failure.title}: {self.failure}" if self.failure else ""

    @property
    def proved(self) -> bool:
        """Whether the edge's log confirms it."""
        return self.log_line is not None


def send_once(request: WireRequest, cancellation: Cancellation | None = None) -> Outcome:
    """Sends once, unless `cancellation` is already set. A failed send is an outcome, not an error.
    No query."""
    if cancellation and cancellation.cancelled:
        return Outcome(request, failure=SendFailed(messages.NOT_SENT, messages.LEFT))
    try:
        return Outcome(request, answer=send(request, cancellation))
    except SendFailed as failure:
        return Outcome(request, failure=failure)


def send_and_prove(
    request: WireRequest,
    wait: float = LOG_WAIT,
    cancellation: Cancellation | None = None,
) -> Outcome:
    """Sends once and waits for the edge's log line, unless `cancellation` is set."""
    outcome = send_once(request, cancellation)
    if outcome.answer is None:
        return outcome
    left = cancellation is not None and cancellation.cancelled
    line = log_line(outcome.answer.ray, request.worker, 0.0 if left else wait)
    return replace(outcome, log_line=line)


def confirm(worker: str, ran: Mapping[str, str], wait: float) -> tuple[int, list[str]]:
    """`ran` is ray → version by the proof headers. Returns how many of the rays the edges' log has
    within `wait` seconds, and the rays that it has with another version."""
    rows = Invocation.objects.filter(ray__in=list(ran), hop="proof", worker=worker)
    deadline = time.monotonic() + wait
    while True:
        logged = dict(rows.values_list("ray", "version_id"))
        if len(logged) >= len(ran) or time.monotonic() > deadline:
            return len(logged), [ray for ray, version in logged.items() if version != ran[ray]]
        time.sleep(_BULK_PAUSE)


def log_lines(rays: Sequence[str], worker: str, wait: float) -> dict[str, Invocation]:
    """The log lines of requests through proof listeners, by ray: those that come in time."""
    rows = Invocation.objects.filter(ray__in=rays, hop="proof", worker=worker)
    deadline = time.monotonic() + wait
    while True:
        lines = {line.ray: line for line in rows.select_related("edge")}
        if len(lines) >= len(rays) or time.monotonic() >= deadline:
            return lines
        time.sleep(_PAUSE)


def log_line(ray: str, worker: str, wait: float = LOG_WAIT) -> Invocation | None:
    """The log line of a request through the proof listener; None if it does not come in time."""
    if not RAY.fullmatch(ray):
        return None
    return log_lines([ray], worker, wait).get(ray)
