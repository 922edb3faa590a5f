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
"""Nothing moves any more; the Worker is free for the next rollout."""
GOING_BACK = frozenset({State.ROLLING_BACK, State.VERIFYING, State.NEEDS_ATTENTION})
"""Stable has 100% again, or is about to; only proof that it answers is missing."""
STAGED = frozenset({State.WAITING, State.CHECKING, State.REVIEW})
"""The candidate runs at 0%: only its process can be judged."""
TAKES_TRAFFIC = frozenset({State.RAMPING, State.BAKING})
"""States in which the guardrails watch the candidate's own traffic."""


class Verdict(StrEnum):
    """What a guardrail says. Only `SAFE` lets a plan advance."""

    SAFE = "safe"
    HARM = "harm"
    NOT_YET = "not_yet"
    CANNOT_JUDGE = "cannot_judge"


class OnHarm(StrEnum):
    """What a plan does when a guardrail finds harm."""

    ABORT = "abort"
    HOLD = "hold"
