"""One request to stable, to the candidate and to stable again, each pinned by an override.

In this order, one after the other: a clock or counter that has moved on when the candidate is typed
has moved on for the second stable answer too, and is seen to be noise.
"""

from __future__ import annotations

import base64
from dataclasses import asdict, dataclass

from dashboard.comparison.compare import Side
from dashboard.sending.deadline import Cancellation
from dashboard.sending.outcome import Outcome, confirm, send_once
from dashboard.sending.redaction import headers_of, without_secrets
from dashboard.sending.wire_request import WireRequest

#: Bytes of a body that are kept and compared.
KEPT = 256 * 1024
LOG_WAIT = 1.5


@dataclass(frozen=True, slots=True)
class Kept:
    """One answer as JSON: `body` in base64. Without an answer, `problem` says why."""

    wanted: str
    version: str = ""
    status: int = 0
    headers: tuple[tuple[str, str], ...] = ()
    body: str = ""
    truncated: bool = False
    ended_by: str = ""
    size: int = 0
    ms: float = 0.0
    edge: str = ""
    ray: str = ""
    reason: str = ""
    problem: str = ""
    #: The edge's log gives this ray to another version than the answer named.
    contradicted: bool = False

    @property
    def as_pinned(self) -> bool:
        return bool(self.version) and self.version == self.wanted and not self.contradicted

    def side(self, names: tuple[str, ...]) -> Side:
        headers = tuple((n, v) for n, v in self.headers)
        body = base64.b64decode(self.body)
        return Side(self.status, headers, body, self.truncated, names)


def three(
    wire: WireRequest,
    stable: str,
    candidate: str,
    secrets: tuple[str, ...],
    cancellation: Cancellation | None = None,
) -> list[Kept]:
    """The three answers, each with the version that the edge says ran, and the log's word on it."""
    order = (stable, candidate, stable)
    typed = [send_once(wire.pinned_to(v), cancellation) for v in order]
    came = (typed[0], typed[2], typed[1])
    wanted = (stable, stable, candidate)
    kept = [_kept(v, outcome, secrets) for v, outcome in zip(wanted, came, strict=True)]
    _, wrong = confirm(wire.worker, {k.ray: k.version for k in kept if k.ray}, LOG_WAIT)
    return [Kept(**(asdict(k) | {"contradicted": k.ray in wrong})) for k in kept]


def _kept(wanted: str, came: Outcome, secrets: tuple[str, ...]) -> Kept:
    if came.answer is None:
        return Kept(wanted, problem=came.problem)
    answer = without_secrets(came.answer, secrets)
    return Kept(
        wanted=wanted,
        version=answer.proof_headers.get("version", ""),
        status=answer.status,
        headers=tuple(headers_of(answer.headers)),
        body=base64.b64encode(answer.body[:KEPT]).decode("ascii"),
        truncated=answer.truncated or len(answer.body) > KEPT,
        ended_by=str(answer.ended_by),
        size=len(answer.body),
        ms=round(answer.elapsed_ms, 2),
        edge=answer.edge,
        ray=answer.ray,
        reason=answer.proof_headers.get("reason", ""),
    )
