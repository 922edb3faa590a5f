"""Which version answered, by the best evidence. Pure.

An event proves a version only if its nonce and its ray are the request's. What is missing proves
nothing: "not seen" is never a pass.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from dashboard.cloud.proof.evidence import Evidence, StoredLog, TailEvent, TailState

T = TypeVar("T", TailEvent, StoredLog)


class Rank(StrEnum):
    """The best first. `LOGGED` is as good as `PROVED`, only later."""

    PROVED = "proved"
    LOGGED = "logged"
    SELF_REPORTED = "self_reported"
    NOT_SEEN = "not_seen"


class Why(StrEnum):
    """Why the version is not confirmed. The likeliest reason comes first."""

    CACHED = "cached"
    MITIGATED = "mitigated"
    ACCESS_LOGIN = "access_login"
    EDGE_ERROR = "edge_error"
    NO_RAY = "no_ray"
    CONTRADICTING = "contradicting"
    TAIL_OFF = "tail_off"
    TAIL_FULL = "tail_full"
    TAIL_REFUSED = "tail_refused"
    TAIL_LATE = "tail_late"
    SAMPLED = "sampled"
    TAIL_SILENT = "tail_silent"
    UNSEEN = "unseen"
    NOT_LOGGED = "not_logged"


#: The answer did not come from the Worker at all.
NO_WORKER = frozenset({Why.CACHED, Why.MITIGATED, Why.ACCESS_LOGIN, Why.EDGE_ERROR, Why.NO_RAY})


@dataclass(frozen=True, slots=True)
class Verdict:
    """`version_id` is empty unless there is evidence for it. `disagrees`: the answer itself names
    another version than the evidence. `why` is empty if the version is confirmed."""

    rank: Rank
    version_id: str = ""
    tag: str = ""
    outcome: str = ""
    status: int | None = None
    cpu_ms: float | None = None
    wall_ms: float | None = None
    disagrees: bool = False
    why: tuple[Why, ...] = ()

    @property
    def confirmed(self) -> bool:
        """Only this may count as a pass."""
        return self.rank in (Rank.PROVED, Rank.LOGGED)

    @property
    def confirmed_version(self) -> str:
        return self.version_id if self.confirmed else ""

    @property
    def no_worker(self) -> bool:
        """Nothing to prove: the answer came from somewhere else."""
        return not self.confirmed and bool(NO_WORKER & set(self.why))


def judge(evidence: Evidence) -> Verdict:
    event = _only(_own_events(evidence))
    if event is not None:
        return Verdict(
            Rank.PROVED,
            event.version_id,
            event.tag,
            event.outcome,
            event.status,
            event.cpu_ms,
            event.wall_ms,
            _disagrees(evidence, event.version_id),
        )
    log = _only(_own_logs(evidence))
    if log is not None and not _own_events(evidence):
        version, disagrees = log.version_id, _disagrees(evidence, log.version_id)
        return Verdict(
            Rank.LOGGED,
            version,
            outcome=log.outcome,
            status=log.status,
            wall_ms=log.wall_ms,
            disagrees=disagrees,
        )
    why = tuple(_reasons(evidence))
    reported = evidence.answer.reported
    rank = Rank.SELF_REPORTED if reported else Rank.NOT_SEEN
    return Verdict(rank, reported, why=why)


def _own_events(evidence: Evidence) -> list[TailEvent]:
    answer = evidence.answer
    if not answer.ray or not answer.nonce:
        return []
    return [
        event
        for event in evidence.events
        if (event.nonce, event.ray, event.worker) == (answer.nonce, answer.ray, answer.worker)
        and event.version_id
    ]


def _own_logs(evidence: Evidence) -> list[StoredLog]:
    answer = evidence.answer
    return [
        log
        for log in evidence.logs
        if answer.ray and (log.ray, log.worker) == (answer.ray, answer.worker) and log.version_id
    ]


def _only(entries: list[T]) -> T | None:
    """The first, if all have the same version: a Worker that calls itself has several."""
    versions = {entry.version_id for entry in entries}
    return entries[0] if len(versions) == 1 else None


def _disagrees(evidence: Evidence, version_id: str) -> bool:
    return evidence.answer.reported not in ("", version_id)


def _reasons(evidence: Evidence) -> Iterator[Why]:
    """Why no event and no log confirms a version."""
    yield from _other_sources(evidence)
    if _own_events(evidence) or len({log.version_id for log in _own_logs(evidence)}) > 1:
        yield Why.CONTRADICTING
    yield _tail_reason(evidence)
    if evidence.looked_in_logs:
        yield Why.NOT_LOGGED


def _other_sources(evidence: Evidence) -> Iterator[Why]:
    answer = evidence.answer
    if answer.cached:
        yield Why.CACHED
    if answer.mitigated:
        yield Why.MITIGATED
    if ".cloudflareaccess.com/" in answer.location:
        yield Why.ACCESS_LOGIN
    if answer.edge_error:
        yield Why.EDGE_ERROR
    if not answer.ray:
        yield Why.NO_RAY


def _tail_reason(evidence: Evidence) -> Why:
    coverage = evidence.coverage
    closed = {TailState.FULL: Why.TAIL_FULL, TailState.REFUSED: Why.TAIL_REFUSED}
    if coverage.state is not TailState.OPEN or coverage.open_since is None:
        return closed.get(coverage.state, Why.TAIL_OFF)
    if coverage.open_since > evidence.answer.sent_at:
        return Why.TAIL_LATE
    if coverage.sampled:
        return Why.SAMPLED
    return Why.UNSEEN if coverage.seen else Why.TAIL_SILENT
