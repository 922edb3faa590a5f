"""Counts as the agent sends them (`routing.agent.access_log.request_counts` and `.ship` are the
other end)."""

from __future__ import annotations

import base64
import binascii
from typing import Annotated

import msgspec
from fastdigest import TDigest

from dashboard.observability.ingest.batch_order import Place, sound
from routing.agent.access_log.request_counts import FAILURES, NO_TRAFFIC

CENTROIDS = 100
"""Of the digests that agents send, and of the stored ones."""

_Whole = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
_Word = Annotated[str, msgspec.Meta(max_length=63)]


class CountsInvalid(ValueError):
    """No agent sends such counts; none of them was stored."""


class Counted(msgspec.Struct, array_like=True):
    """So many requests in the minute that starts at `minute` (seconds since 1970)."""

    minute: _Whole
    worker: _Word
    version_id: Annotated[str, msgspec.Meta(max_length=36)]
    deployment_id: Annotated[str, msgspec.Meta(max_length=36)]
    hop: Annotated[str, msgspec.Meta(max_length=8)]
    reason: Annotated[str, msgspec.Meta(max_length=16)]
    override: Annotated[str, msgspec.Meta(max_length=20)]
    status_class: Annotated[int, msgspec.Meta(ge=0, le=9)]
    error: Annotated[str, msgspec.Meta(max_length=12)]
    requests: _Whole


class Timed(msgspec.Struct, array_like=True):
    """Durations of one version's requests: `sketch` is a t-digest of microseconds, in Base64."""

    minute: _Whole
    worker: _Word
    version_id: Annotated[str, msgspec.Meta(max_length=36)]
    hop: Annotated[str, msgspec.Meta(max_length=8)]
    requests: _Whole
    total_us: _Whole
    sketch: Annotated[str, msgspec.Meta(max_length=8192)]

    def digest(self) -> TDigest:
        """The sketch; raises `CountsInvalid`."""
        return unpack(self.sketch)


class Called(msgspec.Struct, array_like=True):
    """Callers that are new in the minute that starts at `minute`; see `models.CallerCount`."""

    minute: _Whole
    worker: _Word
    version_id: Annotated[str, msgspec.Meta(max_length=36)]
    deployment_id: Annotated[str, msgspec.Meta(max_length=36)]
    callers: _Whole
    failing: _Whole
    unknown: _Whole


class Stepped(msgspec.Struct, array_like=True):
    """What one version did in a block that begins at `start`; see `models.StepCount`."""

    start: _Whole
    version_id: Annotated[str, msgspec.Meta(max_length=36)]
    deployment_id: Annotated[str, msgspec.Meta(max_length=36)]
    requests: _Whole
    callers: _Whole
    failed: _Whole
    failing: _Whole
    slow_p95: _Whole
    slow_p95_callers: _Whole
    slow_p99: _Whole
    slow_p99_callers: _Whole


class Counts(msgspec.Struct):
    """The part of a batch that is counted. Without `log` there is none. `unwritten` lines of this
    log, since it began, could not be written.

    An agent of an earlier release sends no `callers`, or no `steps`.
    """

    batch: Annotated[str, msgspec.Meta(max_length=40)]
    log: Annotated[str, msgspec.Meta(max_length=32)] = ""
    begins: dict[str, Place] = {}
    ends: dict[str, Place] = {}
    unreadable: _Whole = 0
    cut_off: bool = False
    unwritten: _Whole = 0
    counts: list[Counted] = []
    latency: list[Timed] = []
    callers: list[Called] | None = None
    steps: list[Stepped] = []

    def called(self) -> list[Called]:
        """Callers by version and minute. Where the agent does not tell, each request counts as one
        of a caller of its own."""
        if self.callers is not None:
            return self.callers
        return [
            Called(*(row.minute, row.worker, row.version_id, row.deployment_id), n, bad, n)
            for row in self.counts
            if row.worker and row.hop not in NO_TRAFFIC
            for n, bad in [(row.requests, row.requests if row.error in FAILURES else 0)]
        ]

    def check(self) -> None:
        """Raises `CountsInvalid` for what msgspec cannot see."""
        if not sound(self.begins, self.ends):
            raise CountsInvalid("begins and ends are no places that follow each other.")
        minutes = [*(row.minute for row in self.counts), *(row.minute for row in self.latency)]
        minutes += [row.minute for row in self.callers or []]
        if any(minute % 60 for minute in minutes):
            raise CountsInvalid("A minute does not start where minutes start.")
        for row in self.latency:
            row.digest()


def unpack(sketch: str) -> TDigest:
    """A sketch from its text; raises `CountsInvalid`."""
    try:
        digest = TDigest.from_bytes(base64.b64decode(sketch, validate=True))
    except (ValueError, binascii.Error) as error:
        raise CountsInvalid(f"A latency sketch cannot be read: {error}") from error
    if digest.max_centroids != CENTROIDS:
        raise CountsInvalid(f"A latency sketch has {digest.max_centroids} centroids at most.")
    return digest
