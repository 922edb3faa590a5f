"""How an event ends, and which edge should take it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from enum import StrEnum

from routing.event_delivery import MOST_SECONDS

WAIT = timedelta(seconds=60)
"""How long an event may wait for an edge. Then it is not delivered: the next one may be due."""
TAKE_WITHIN = timedelta(seconds=5)
"""After that it goes to another edge."""
ANSWER_WITHIN = timedelta(seconds=MOST_SECONDS + 30)
LOST_AFTER = timedelta(seconds=10)
"""After its socket closed, an agent may be silent that long: it posts answers over HTTP."""


class Outcome(StrEnum):
    """Ends that are neither workerd's nor an `EventFailure`."""

    #: The version exports no handler for the event.
    no_handler = "noHandler"
    #: No edge took it in time.
    not_delivered = "notDelivered"
    #: The edge's agent ended.
    lost = "lost"


def succeeded(outcome: str) -> bool:
    return outcome == "ok"


def pick_edge(edges: Sequence[int], before: int | None, draw: float) -> int | None:
    """One of `edges`, another than `before` if there is one; `draw` is in [0, 1)."""
    others = [edge for edge in edges if edge != before] or list(edges)
    return others[int(draw * len(others))] if others else None
