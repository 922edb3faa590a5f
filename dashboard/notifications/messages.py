"""Events as plain text. Templates escape it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dashboard.notifications.events import Event

TITLES: Mapping[Event, str] = {
    Event.REVIEW_REQUESTED: "{actor} requests a review of {worker}",
    Event.REVIEW_APPROVED: "{actor} approved your change of {worker}",
    Event.REVIEW_CHANGES: "{actor} asks for changes to your change of {worker}",
    Event.REVIEW_REJECTED: "{actor} rejected your change of {worker}",
    Event.REVIEW_VOID: "The review of your change of {worker} is over",
    Event.REVIEW_EXPIRING: "The review of {worker} ends in ten minutes",
    Event.DEPLOYED: "{actor} deployed {worker}",
    Event.EMERGENCY: "Emergency deploy of {worker} by {actor}",
    Event.HELD: "The rollout of {worker} is on hold",
    Event.HARM: "Harm found in the rollout of {worker}",
    Event.ROLLED_BACK: "The rollout of {worker} is rolled back",
    Event.ATTENTION: "The rollout of {worker} needs attention",
    Event.DONE: "The rollout of {worker} is done",
    Event.EDGE_BEHIND: "Edge {edge} is {state}",
    Event.MENTION: "{actor} mentions you on {worker}",
    Event.DIGEST: "Weekly digest: {count} to look at",
}

PREFERENCES_SAVED = "Your notifications are saved."
TEST = "This is a test. Notifications reach you."
TEST_SENT = "A test is on its way to your inbox, and by e-mail if that is on."
WEBHOOK_DONE = {
    "pause": "{} is paused.",
    "resume": "{} gets events again.",
    "delete": "{} is deleted.",
    "test": "A test is on its way to {}.",
}
"""By the value of the button `do`."""


def level_saved(worker: str) -> str:
    return f"Saved for {worker}."


def webhook_created(webhook: object) -> str:
    return f"{webhook} gets events from now on."


def retrying(count: int) -> str:
    return f"{count} message{'' if count == 1 else 's'} will be sent again."


def title(code: str, worker: str, actor: str, facts: Mapping[str, Any]) -> str:
    """One line. An unknown code, from a newer release, is returned unchanged."""
    names = {"worker": worker, "actor": actor or "The system"} | dict(facts)
    words = TITLES[Event(code)].format_map(_Facts(names)) if code in set(Event) else code
    return " ".join(words.split())[:250]


def detail(facts: Mapping[str, Any]) -> str:
    """What the event adds: a reason, a comment, or what is live now."""
    parts = [str(facts[name]) for name in ("text", "reason", "live", "comment") if facts.get(name)]
    return "\n".join(parts)[:4000]


class _Facts(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "–"
