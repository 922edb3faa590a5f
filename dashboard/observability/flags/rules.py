"""When do a version's failures speak against it? Three rules over complete minutes. Pure.

    stable   more than the stable version in the same minutes, since the deployment began
    past     more than the Worker in the hour before: a stable version has nothing beside it
    high     one in twenty or more, whatever else fails: also a version without a past

All count distinct callers, so that one client which retries is one failure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from dashboard.statistics.blocks import Block
from dashboard.statistics.comparison import harm_evidence, harm_found
from dashboard.statistics.proportion import rate_interval

STABLE_ALPHA = 0.05
"""False alarms of all looks at one deployment; 8 failures that are all the candidate's suffice."""
PAST_ALPHA = 0.001
"""Of one look, for this rule looks at other minutes each time. Simulated over 24 days at 10 to 100
requests a minute and 1 to 5% failing: no false alarm; 30% failing is detected in 2 to 3 minutes."""
HIGH_SHARE = 0.05
HIGH_FAILING = 8


@dataclass(frozen=True, slots=True)
class Callers:
    """Distinct callers, and those of them with a failed request. `unknown` of them are requests
    without a caller key."""

    callers: int = 0
    failing: int = 0
    unknown: int = 0

    def __add__(self, other: Callers) -> Callers:
        return Callers(
            self.callers + other.callers,
            self.failing + other.failing,
            self.unknown + other.unknown,
        )


NONE = Callers()


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule that speaks against a version, and by which numbers."""

    rule: str
    found: Callers
    compared: Callers = NONE


def against_candidate(
    candidate: Mapping[int, Callers], stable: Mapping[int, Callers]
) -> Finding | None:
    """Callers by minute, both since the deployment began."""
    blocks = [block_of(candidate[minute], stable.get(minute, NONE)) for minute in candidate]
    if not harm_found(blocks, STABLE_ALPHA):
        return None
    same = (stable[minute] for minute in candidate if minute in stable)
    return Finding("stable", _sum(candidate.values()), _sum(same))


def against_itself(lately: Callers, past: Callers) -> Finding | None:
    """The last minutes of a stable version, and the Worker's hour before."""
    if harm_evidence([block_of(lately, past)]) < 1 / PAST_ALPHA:
        return None
    return Finding("past", lately, past)


def too_high(lately: Callers) -> Finding | None:
    """Whether the share that fails is surely no less than one in twenty."""
    if lately.failing < HIGH_FAILING:
        return None
    low = rate_interval(min(lately.failing, lately.callers), lately.callers).low
    return Finding("high", lately) if low >= HIGH_SHARE else None


def block_of(candidate: Callers, stable: Callers) -> Block:
    """A caller that failed in a later batch than it came may be one more than were counted."""
    return Block(
        max(candidate.callers, candidate.failing),
        candidate.failing,
        max(stable.callers, stable.failing),
        stable.failing,
    )


def _sum(many: Iterable[Callers]) -> Callers:
    return sum(many, NONE)
