"""The typed request, ready for the wire."""

from __future__ import annotations

from dashboard.playground.request.compose import Composed
from dashboard.sending.wire_request import WireRequest, own_address
from routing.models import Edge


def build(asked: Composed, edge: Edge) -> WireRequest:
    """The request in `asked`, for the proof listener of `edge`; raises `SendFailed`."""
    filled = asked.filled
    return WireRequest(
        worker=filled.worker,
        method=filled.method,
        target=filled.target,
        lines=tuple(filled.lines),
        body=filled.content,
        edge=edge.name,
        address=own_address(edge.proof_url),
    )
