"""Codes of hooks as text."""

from __future__ import annotations

from collections.abc import Mapping

from dashboard.rollouts.hooks.events import HookEvent, HookKind, Progress

REASONS: Mapping[str, str] = {
    "gates_asked": "Waiting for the answer of a hook.",
    "gate_waits": "Waiting for the hook {hook}.",
    "gate_refused": "Held: the hook {hook} refused: {answer}.",
    "gate_failed": "Held: the hook {hook} gave no answer: {answer}.",
    "gate_opened": "The hook {hook} answered safe: {answer}.",
    "hook_delivered": "Sent to the hook {hook}.",
    "hook_failed": "The hook {hook} failed. It will be retried: {answer}.",
    "hook_given_up": "The hook {hook} failed {attempts} times. No more retries: {answer}.",
}

EVENTS: Mapping[HookEvent, str] = {
    HookEvent.BEFORE_STAGE: "Before the candidate is staged",
    HookEvent.BEFORE_STEP: "Before each step",
    HookEvent.AFTER_DONE: "After the rollout is done",
    HookEvent.ON_ROLLBACK: "When it rolls back",
    HookEvent.TEST: "Test",
}
KINDS: Mapping[HookKind, str] = {HookKind.GATE: "Gate", HookKind.NOTICE: "Notice"}
PROGRESS: Mapping[Progress, str] = {
    Progress.DONE: "Answered",
    Progress.WAITING: "Waiting",
    Progress.REFUSED: "Refused",
    Progress.FAILED: "Failed",
    Progress.VOID: "No longer needed",
}
WILL_RETRY = "Failed, will retry"


def saved(hook: str) -> str:
    return f"Saved {hook}."


def switched(hook: str, state: str) -> str:
    """`state` is on or off."""
    return f"{hook} is {state}."


def testing(hook: str) -> str:
    return f"Sending a test to {hook}."


def deleted(hook: str) -> str:
    return f"Deleted {hook}."
