"""Send and prove, as one function of values: what was asked, what came, which version ran."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass

import httpx

from dashboard.sending.answer import Answer
from dashboard.sending.send import send
from dashboard.sending.wire_request import SendFailed, WireRequest
from routing.models import Invocation

LOG_WAIT = 1.5
"""Seconds to wait for the edge's log line; it usually takes a quarter of one."""
_PAUSE = 0.05

RAY = re.compile(r"[0-9A-Za-z-]{1,32}")


@dataclass(frozen=True, slots=True)
class Outcome:
    """Either `answer` or `failure`. `log_line` is the edge's word; None where it did not come."""

    request: WireRequest
    answer: Answer | None = None
    failure: SendFailed | None = None
    log_line: Invocation | None = None

    @property
    def version_id(self) -> str:
        """The version that ran: by the log, else by the proof listener's stamp; or empty."""
        if self.log_line is not None:
            return self.log_line.version_id
        return self.answer.stamps.get("version", "") if self.answer else ""

    @property
    def proved(self) -> bool:
        """Whether the edge's log confirms it."""
        return self.log_line is not None


def send_and_prove(
    request: WireRequest, client: httpx.Client | None = None, wait: float = LOG_WAIT
) -> Outcome:
    """Sends once and waits for the edge's log line. Never raises for what the other side does."""
    try:
        answer = send(request, client)
    except SendFailed as failure:
        return Outcome(request, failure=failure)
    return Outcome(request, answer=answer, log_line=log_line(answer.ray, request.worker, wait))


def log_line(ray: str, worker: str, wait: float = LOG_WAIT) -> Invocation | None:
    """The log line of a request through the proof listener; None if it does not come in time."""
    if not RAY.fullmatch(ray):
        return None
    rows = Invocation.objects.filter(ray=ray, hop="proof", worker=worker).select_related("edge")
    deadline = time.monotonic() + wait
    while (line := rows.first()) is None and time.monotonic() < deadline:
        time.sleep(_PAUSE)
    return line
