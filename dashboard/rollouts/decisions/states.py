"""The states of a rollout and the verdicts of its guardrails. Names are part of API and CLI."""

from __future__ import annotations

from enum import StrEnum


class State(StrEnum):
    """Where a rollout is, from the first deployment at 0% to its end."""

    STAGING = "staging"
    WAITING = "waiting"
    CHECKING = "checking"
    REVIEW = "review"
    RAMPING = "ramping"
    HELD = "held"
    BAKING = "baking"
    DONE = "done"
    ROLLING_BACK = "rolling_back"
    VERIFYING = "verifying"
    ROLLED_BACK = "rolled_back"
    ABORTED = "aborted"
    NEEDS_ATTENTION = "needs_attention"


ENDED = frozenset({State.DONE, State.ROLLED_BACK, State.ABORTED})
"""Final states. The next rollout of the Worker can start."""
GOING_BACK = frozenset({State.ROLLING_BACK, State.VERIFYING, State.NEEDS_ATTENTION})
"""Rolling back: stable has or gets 100%, and its answers are not verified yet."""
STAGED = frozenset({State.WAITING, State.CHECKING, State.REVIEW})
"""The candidate is at 0%: only its process can be judged."""
TAKES_TRAFFIC = frozenset({State.RAMPING, State.BAKING})
"""The candidate has traffic, which the guardrails judge."""


class Verdict(StrEnum):
    """Verdict of a guardrail. Only `SAFE` allows the next step."""

    SAFE = "safe"
    HARM = "harm"
    NOT_YET = "not_yet"
    CANNOT_JUDGE = "cannot_judge"


class OnHarm(StrEnum):
    """What harm does, by plan."""

    ABORT = "abort"
    HOLD = "hold"
