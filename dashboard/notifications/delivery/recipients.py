"""Who gets an event, by which channels. Pure: people and their choices are arguments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from dashboard.notifications.events import EVENTS, Event, Reach


class Channel(StrEnum):
    """How a person is reached."""

    INBOX = "inbox"
    EMAIL = "email"


@dataclass(frozen=True, slots=True)
class Choice:
    """`chosen` are the person's own channels by event code; `level` is that of the event's Worker:
    "all", "none" or "" for the default."""

    operator: bool
    chosen: Mapping[str, list[str]] = field(default_factory=dict)
    level: str = ""


def channels_for(event: Event, choice: Choice, *, named: bool) -> frozenset[Channel]:
    """The channels by which this person gets the event; empty when it is not for them."""
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
