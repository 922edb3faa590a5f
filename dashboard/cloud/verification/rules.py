"""Which probes confirm a deployment, and what their answers mean. Pure.

A probe is a request on a new connection. With an override to a version of the deployment it must
get that version; with one to a version that the deployment removed it must get another, because
Cloudflare ignores such an override. Only a confirmed version counts: a probe that was not seen is
neither right nor wrong.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

IN_A_ROW = 12
CLEAN = timedelta(seconds=30)
"""How long answers must be right if a version was removed."""
DEADLINE = timedelta(seconds=90)
SEEN_WITHIN = timedelta(seconds=6)
"""After this a probe without an event counts as not seen."""
FAST, SLOW = timedelta(seconds=0.25), timedelta(seconds=2)
"""Between probes: until enough are right in a row, and while only time is missing."""
MOST_PROBES = 150


class VerificationState(StrEnum):
    """`UNVERIFIABLE`: no probe can be sent or proved. `SUPERSEDED`: another deployment is live."""

    PROBING = "probing"
    LIVE = "live"
    ATTENTION = "attention"
    UNVERIFIABLE = "unverifiable"
    SUPERSEDED = "superseded"


class VerificationWhy(StrEnum):
    """Why a deployment is not verified."""

    REQUESTS_OFF = "requests_off"
    NO_TAIL = "no_tail"
    TAIL_CLOSED = "tail_closed"
    NOT_SEEN = "not_seen"
    NO_ANSWER = "no_answer"
    OTHER_VERSION = "other_version"
    NOT_LISTED = "not_listed"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True, slots=True)
class Probe:
    """`override` is empty for a request without one. `expected`: version ids that are right."""

    override: str
    expected: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ProbePlan:
    """`decisive`: a probe's right answer would have been wrong before the deployment. `removes`:
    versions left it."""

    probes: tuple[Probe, ...]
    decisive: bool
    removes: bool

    @property
    def clean(self) -> timedelta:
        return CLEAN if self.removes else timedelta(0)


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """`right` is None if the version is not confirmed."""

    sent_at: datetime
    right: bool | None
    answered: bool = True


def plan_probes(before: Sequence[str], after: Sequence[str]) -> ProbePlan:
    """From the version ids of both deployments."""
    added = [version for version in after if version not in before]
    removed = [version for version in before if version not in after]
    probes = [Probe(version, (version,)) for version in after]
    if len(after) == 1:
        probes = [Probe("", tuple(after))]
    probes += [Probe(version, tuple(after)) for version in removed]
    return ProbePlan(tuple(probes), bool(added or removed), bool(removed))


def right_in_a_row(results: Sequence[ProbeResult]) -> list[ProbeResult]:
    """The right ones since the last wrong one, oldest first."""
    run: list[ProbeResult] = []
    for result in sorted(results, key=lambda result: result.sent_at, reverse=True):
        if result.right is False:
            break
        if result.right:
            run.append(result)
    return run[::-1]


def known_until(results: Sequence[ProbeResult], pending: Sequence[datetime]) -> list[ProbeResult]:
    """Those sent before the first probe whose result is `pending`: it may turn out wrong."""
    first = min(pending, default=None)
    return [result for result in results if first is None or result.sent_at < first]


def is_live(plan: ProbePlan, results: Sequence[ProbeResult]) -> bool:
    """Enough right answers in a row, over a long enough time."""
    run = right_in_a_row(results)
    if len(run) < IN_A_ROW:
        return False
    return run[-1].sent_at - run[0].sent_at >= plan.clean


def wait_before_next(results: Sequence[ProbeResult]) -> timedelta:
    return FAST if len(right_in_a_row(results)) < IN_A_ROW else SLOW


def why_not(results: Sequence[ProbeResult], *, tail_open: bool) -> VerificationWhy:
    """What a person should look at when the time is up."""
    if any(result.right is False for result in results[-IN_A_ROW:]):
        return VerificationWhy.OTHER_VERSION
    if not tail_open:
        return VerificationWhy.TAIL_CLOSED
    if results and not any(result.answered for result in results):
        return VerificationWhy.NO_ANSWER
    return VerificationWhy.NOT_SEEN
