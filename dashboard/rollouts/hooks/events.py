"""Events of hooks, and the combined state of the gates before a step. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class HookEvent(StrEnum):
    """When a hook is called. `TEST` is sent from the page."""

    BEFORE_STAGE = "before_stage"
    BEFORE_STEP = "before_step"
    AFTER_DONE = "after_done"
    ON_ROLLBACK = "on_rollback"
    TEST = "test"


class HookKind(StrEnum):
    GATE = "gate"
    NOTICE = "notice"


GATED = frozenset({HookEvent.BEFORE_STAGE, HookEvent.BEFORE_STEP})
"""Events that a gate can block."""


class Progress(StrEnum):
    """State of one request to a hook. A failed one is retried while `next_try_at` is set."""

    WAITING = "waiting"
    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"
    VOID = "void"


class GateState(StrEnum):
    """The combined state of all gates before a step."""

    OPEN = "open"
    NOT_ASKED = "not_asked"
    WAITING = "waiting"
    REFUSED = "refused"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Gate:
    """`facts`: the hook that decides, and its answer."""

    state: GateState = GateState.OPEN
    facts: Mapping[str, Any] = field(default_factory=dict)


OPEN = Gate()
_WORST_FIRST = (Progress.REFUSED, Progress.FAILED, None, Progress.WAITING, Progress.DONE)
_STATES = {
    Progress.REFUSED: GateState.REFUSED,
    Progress.FAILED: GateState.FAILED,
    Progress.WAITING: GateState.WAITING,
    Progress.DONE: GateState.OPEN,
    None: GateState.NOT_ASKED,
}


@dataclass(frozen=True, slots=True)
class GateAnswer:
    """One gate. `progress` is None before the request, or if its answer is too old."""

    hook: str
    progress: Progress | None
    answer: str = ""


def gate_of(answers: Sequence[GateAnswer]) -> Gate:
    """The worst of the answers; open if there are none."""
    if not answers:
        return OPEN
    worst = min(answers, key=lambda one: _WORST_FIRST.index(one.progress))
    facts = {"hook": worst.hook} | ({"answer": worst.answer} if worst.answer else {})
    return Gate(_STATES[worst.progress], facts)
