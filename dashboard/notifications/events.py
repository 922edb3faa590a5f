"""The events. A new one needs an entry here and in `messages.TITLES`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Event(StrEnum):
    """The values are part of webhooks and of the preferences API."""

    REVIEW_REQUESTED = "review.asked"
    REVIEW_APPROVED = "review.approved"
    REVIEW_CHANGES = "review.needs_changes"
    REVIEW_REJECTED = "review.rejected"
    REVIEW_VOID = "review.void"
    REVIEW_EXPIRING = "review.expiring"
    DEPLOYED = "deployed"
    EMERGENCY = "deployed.emergency"
    HELD = "rollout.held"
    HARM = "rollout.harm"
    ROLLED_BACK = "rollout.rolled_back"
    ATTENTION = "rollout.needs_attention"
    DONE = "rollout.done"
    EDGE_BEHIND = "edge.behind"
    MENTION = "mention"
    DIGEST = "digest"


class Reach(StrEnum):
    """Recipients in addition to the people that an event names."""

    NAMED = "named"
    FOLLOWERS = "followers"
    OPERATORS = "operators"


@dataclass(frozen=True, slots=True)
class Kind:
    """`inbox` and `email` are the default channels. An urgent event is sent in quiet hours if the
    person allows it."""

    label: str
    reach: Reach
    inbox: bool = True
    email: bool = True
    urgent: bool = False


EVENTS: Mapping[Event, Kind] = {
    Event.REVIEW_REQUESTED: Kind("Your review is requested", Reach.NAMED),
    Event.REVIEW_APPROVED: Kind("Your change is approved", Reach.NAMED),
    Event.REVIEW_CHANGES: Kind("Your change needs changes", Reach.NAMED),
    Event.REVIEW_REJECTED: Kind("Your change is rejected", Reach.NAMED),
    Event.REVIEW_VOID: Kind("Your review is void or over", Reach.NAMED),
    Event.REVIEW_EXPIRING: Kind("A review ends in ten minutes", Reach.NAMED),
    Event.DEPLOYED: Kind("A Worker is deployed", Reach.FOLLOWERS, email=False),
    Event.EMERGENCY: Kind("An emergency deploy", Reach.OPERATORS, urgent=True),
    Event.HELD: Kind("A rollout is on hold", Reach.FOLLOWERS),
    Event.HARM: Kind("A rollout found harm", Reach.OPERATORS, urgent=True),
    Event.ROLLED_BACK: Kind("A rollout is rolled back", Reach.OPERATORS),
    Event.ATTENTION: Kind("A rollout needs attention", Reach.OPERATORS, urgent=True),
    Event.DONE: Kind("A rollout is done", Reach.FOLLOWERS, email=False),
    Event.EDGE_BEHIND: Kind("An edge is behind or silent", Reach.OPERATORS, email=False),
    Event.MENTION: Kind("A colleague mentions you", Reach.NAMED),
    Event.DIGEST: Kind("The weekly digest", Reach.OPERATORS),
}
