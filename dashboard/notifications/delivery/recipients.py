"""Who gets an event, by which channels. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from dashboard.notifications.events import EVENTS, Event, Reach


class Channel(StrEnum):
    INBOX = "inbox"
    EMAIL = "email"


@dataclass(frozen=True, slots=True)
class Choice:
    """`chosen`: the person's channels by event code; `level` for the event's Worker: "all",
    "none" or "" for the default."""

    operator: bool
    chosen: Mapping[str, list[str]] = field(default_factory=dict)
    level: str = ""


def channels_for(event: Event, choice: Choice, *, named: bool) -> frozenset[Channel]:
    """The channels for this person; empty if they do not get the event."""
    kind = EVENTS[event]
    if not (named or _reaches(kind.reach, choice)):
        return frozenset()
    chosen = choice.chosen.get(event.value)
    if chosen is None:
        return frozenset(
            channel
            for channel, on in ((Channel.INBOX, kind.inbox), (Channel.EMAIL, kind.email))
            if on
        )
    return frozenset(channel for channel in Channel if channel.value in chosen)


def _reaches(reach: Reach, choice: Choice) -> bool:
    if choice.level == "none" or reach is Reach.NAMED:
        return False
    return choice.level == "all" or (reach is Reach.OPERATORS and choice.operator)
