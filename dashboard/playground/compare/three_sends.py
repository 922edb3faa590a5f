"""One request to stable, to the candidate and to stable again, each pinned by an override.

In this order, one after the other: a clock or counter that has moved on when the candidate is typed
has moved on for the second stable answer too, and is seen to be noise.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, replace

from dashboard.comparison.compare import Side
from dashboard.sending.answer import tone_of
from dashboard.sending.deadline import Cancellation
from dashboard.sending.outcome import Outcome, confirm, send_once
from dashboard.sending.redaction import headers_of, without_secrets
from dashboard.sending.wire_request import WireRequest

#: Bytes of a body that are stored and compared.
LONGEST_BODY = 256 * 1024
LOG_WAIT = 1.5


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """One answer as JSON: `body` in base64. Without an answer, `problem` has the reason."""

    #: The version id that the override named; `version` is the one that ran.
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
    #: The edge's log has another version for this ray than the answer named.
    contradicted: bool = False

    @property
    def as_pinned(self) -> bool:
        return bool(self.version) and self.version == self.wanted and not self.contradicted

    @property
    def tone(self) -> str:
        return tone_of(self.status)

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
) -> list[StoredAnswer]:
    """Stable's first and second answer and the candidate's, each checked against the log."""
    order = (stable, candidate, stable)
    first, other, second = [send_once(wire.pinned_to(v), cancellation) for v in order]
    answers = [
        _stored(stable, first, secrets),
        _stored(stable, second, secrets),
        _stored(candidate, other, secrets),
    ]
    _, wrong = confirm(wire.worker, {a.ray: a.version for a in answers if a.ray}, LOG_WAIT)
    return [replace(answer, contradicted=answer.ray in wrong) for answer in answers]


def _stored(pinned: str, outcome: Outcome, secrets: tuple[str, ...]) -> StoredAnswer:
    if outcome.answer is None:
        return StoredAnswer(pinned, problem=outcome.problem)
    answer = without_secrets(outcome.answer, secrets)
    return StoredAnswer(
        wanted=pinned,
        version=answer.proof_headers.get("version", ""),
        status=answer.status,
        headers=tuple(headers_of(answer.headers)),
        body=base64.b64encode(answer.body[:LONGEST_BODY]).decode("ascii"),
        truncated=answer.truncated or len(answer.body) > LONGEST_BODY,
        ended_by=str(answer.ended_by),
        size=len(answer.body),
        ms=round(answer.elapsed_ms, 2),
        edge=answer.edge,
        ray=answer.ray,
        reason=answer.proof_headers.get("reason", ""),
    )
