"""What a fault may cost, and what it did cost. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum


class Outcome(StrEnum):
    """What a client saw. `reset`: the connection broke before the answer was complete. `wrong`: an
    answer that is neither a success nor a 5xx."""

    ok = "ok"
    refused = "refused"
    reset = "reset"
    error = "5xx"
    timeout = "timeout"
    wrong = "wrong"


FAILURES = tuple(outcome for outcome in Outcome if outcome is not Outcome.ok)


@dataclass(frozen=True, slots=True)
class Answer:
    """One request. Times are seconds of the machine's monotonic clock; `slow` where it took longer
    than its kind ever should."""

    kind: str
    began: float
    ended: float
    outcome: Outcome
    slow: bool = False

    @property
    def is_bad(self) -> bool:
        return self.slow or self.outcome is not Outcome.ok


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """At most so many requests may fail, apart from those in flight when the fault began; None is
    no limit. `recover_seconds` is until every request is answered in time again.

    `in_flight`: those may fail. `unknown_loss`: lines may be lost in a gap whose size nobody knows.
    """

    refused: int | None = 0
    reset: int | None = 0
    error: int | None = 0
    in_flight: bool = False
    recover_seconds: float | None = 0.0
    unknown_loss: bool = False


@dataclass(frozen=True, slots=True)
class Counted:
    """After everything has settled: requests the clients saw answered, requests of which nobody
    knows whether the edge saw them, requests that the dashboard counts, lines it says are missing,
    and whether there is a gap of unknown size."""

    answered: int
    unsure: int
    counted: int
    missing: int
    has_unknown_gap: bool

    @property
    def off_by(self) -> int:
        """Requests counted too many (> 0), or neither counted nor named as lost (< 0)."""
        seen = self.counted + self.missing
        if seen < self.answered:
            return seen - self.answered
        return max(0, seen - self.answered - self.unsure)


@dataclass(frozen=True, slots=True)
class Cost:
    """What a round cost: failures by outcome apart from those in flight, and those in flight."""

    failed: dict[Outcome, int]
    in_flight: int
    recover_seconds: float
    requests: int
    kinds: tuple[str, ...] = ()
    """Kinds of requests that failed, as "2 slow: 5xx"."""


@dataclass(slots=True)
class Round:
    """One fault, once."""

    fault: str
    cost: Cost
    counted: Counted
    said: str
    violations: list[str] = field(default_factory=list)


def cost(answers: Sequence[Answer], began: float, struck: float | None = None) -> Cost:
    """`began` is when the fault did; until `struck`, all may still notice it."""
    struck = began if struck is None else struck
    failed: dict[Outcome, int] = dict.fromkeys(FAILURES, 0)
    in_flight = 0
    for answer in answers:
        if answer.outcome is Outcome.ok:
            continue
        if answer.began < struck and answer.ended >= began:
            in_flight += 1
        else:
            failed[answer.outcome] += 1
    return Cost(failed, in_flight, _recovery(answers, struck), len(answers), _kinds(answers))


def _kinds(answers: Iterable[Answer]) -> tuple[str, ...]:
    failed = Counter((a.kind, a.outcome) for a in answers if a.outcome is not Outcome.ok)
    return tuple(f"{n} {kind}: {outcome}" for (kind, outcome), n in sorted(failed.items()))


def _recovery(answers: Iterable[Answer], began: float) -> float:
    """Until the last request that began since then and went badly; those in flight do not count."""
    bad = [answer.began for answer in answers if answer.is_bad and answer.began >= began]
    return max(bad) - began if bad else 0.0


def violations(cost: Cost, counted: Counted, expected: Expected, slack: float = 1.0) -> list[str]:
    """Where the round cost more than expected. Recovery may take `slack` seconds longer."""
    found: list[str] = []
    for outcome, most in (
        (Outcome.refused, expected.refused),
        (Outcome.reset, expected.reset),
        (Outcome.error, expected.error),
        (Outcome.timeout, expected.error),
        (Outcome.wrong, 0),
    ):
        if most is not None and cost.failed[outcome] > most:
            found.append(f"{cost.failed[outcome]} {outcome}, at most {most} expected")
    if cost.in_flight and not expected.in_flight:
        found.append(f"{cost.in_flight} in flight failed")
    limit = expected.recover_seconds
    if limit is not None and cost.recover_seconds > limit + (slack if limit else 0):
        found.append(f"served in time again after {cost.recover_seconds:.1f} s, not {limit:.1f}")
    return found + _loss(counted, expected)


def _loss(counted: Counted, expected: Expected) -> list[str]:
    if counted.has_unknown_gap and not expected.unknown_loss:
        return ["a gap of unknown size"]
    if counted.off_by < 0 and not counted.has_unknown_gap:
        return [f"{-counted.off_by} requests neither counted nor said to be lost"]
    if counted.off_by > 0:
        return [f"{counted.off_by} requests counted that nobody sent"]
    return []
