"""Sends a request through the socket of an edge's agent."""

from __future__ import annotations

import time
from uuid import uuid4

from dashboard.sending import messages
from dashboard.sending.answer import Answer, EndedBy, Timing, answer_of
from dashboard.sending.deadline import Cancellation
from dashboard.sending.relay.hub import Pending, hub
from dashboard.sending.relay.loss import Loss
from dashboard.sending.relay.rows import seal
from dashboard.sending.wire_request import SendFailed, Socket, WireRequest
from routing.relayed_request import Failure, RelayedAnswer, RelayedRequest

SLACK = 3.0
"""Seconds beyond the edge's own limit, for the way there and back."""


def send_over_socket(
    request: WireRequest,
    socket: Socket,
    *,
    seconds: float,
    max_bytes: int,
    cancellation: Cancellation | None = None,
) -> Answer:
    """As `dashboard.sending.send.send`. Does no query in this thread."""
    key = uuid4()
    relayed = RelayedRequest(
        id=str(key),
        worker=request.worker,
        method=request.method,
        target=request.target,
        lines=list(request.complete(request.lines)),
        body=request.body,
        seconds=seconds,
        max_bytes=max_bytes,
    )
    began = time.monotonic()
    pending = Pending(key, socket.edge_id, seal(relayed), deadline=began + seconds + SLACK)

    def cancel() -> None:
        pending.cancelled = True
        hub.wake()

    hub.submit(pending)
    if cancellation:
        cancellation.add(cancel)
    try:
        # The hub ends every request; twice its time means that it failed itself.
        pending.done.wait(2 * (seconds + SLACK))
    finally:
        if cancellation:
            cancellation.remove(cancel)
    return _answer(request, pending, (time.monotonic() - began) * 1000, seconds)


def _answer(request: WireRequest, pending: Pending, elapsed: float, seconds: float) -> Answer:
    relayed = pending.answer
    if relayed is None:
        raise _lost(request.edge, pending.loss or Loss.late, seconds)
    if relayed.failure:
        raise _failed(request, relayed, seconds)
    timing = Timing(relayed.connect, relayed.send, relayed.wait, relayed.read)
    ended_by = EndedBy(relayed.ended_by) if relayed.ended_by in list(EndedBy) else EndedBy.broken
    return answer_of(
        request.edge,
        relayed.status,
        relayed.lines,
        relayed.body,
        ended_by,
        timing.beyond(elapsed),
    )


def _lost(edge: str, loss: Loss, seconds: float) -> SendFailed:
    title, text = messages.LOST[loss]
    return SendFailed(title, text.format(edge=edge, seconds=seconds))


def _failed(request: WireRequest, relayed: RelayedAnswer, seconds: float) -> SendFailed:
    title, text = messages.FAILED[Failure(relayed.failure)]
    facts = {"edge": request.edge, "worker": request.worker, "detail": relayed.detail}
    return SendFailed(title, text.format(seconds=seconds, **facts))
