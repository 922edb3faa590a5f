"""Sends rows and log lines from the edges to live logs. A slow reader delays no other: a channel
has a bounded number of messages, and each message carries the number of items before it, so that a
reader can count what it missed."""

from __future__ import annotations

import json
import threading
import uuid
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from dashboard.live.channel.broadcast import broadcast

PIECE = 50
"""Items in one message at most, so that a slow reader loses little at a time."""

_SOURCE = uuid.uuid4().hex[:12]
_sent: defaultdict[str, int] = defaultdict(int)
_in_order = threading.Lock()
"""Views run in threads: what is counted first must be sent first."""


def tail_group(worker: str) -> str:
    """Who gets the events of `wrangler tail`."""
    return f"tail.{worker}"


def log_group(worker: str) -> str:
    """Who gets the rows of the live log."""
    return f"log.{worker}"


def publish(group: str, items: Sequence[dict[str, Any]], left_out: int = 0) -> None:
    """Sends `items`; `left_out` are others that were dropped on their way to us."""
    with _in_order:
        for piece in _pieces(items) or ([[]] if left_out else []):
            broadcast(group, _message(group, list(piece), left_out))
            left_out = 0


def _message(group: str, items: list[dict[str, Any]], left_out: int) -> dict[str, Any]:
    # Text, because the layer in memory copies each message deeply for every reader.
    before = _sent[group]
    _sent[group] += len(items)
    return {
        "type": "feed",
        "source": _SOURCE,
        "before": before,
        "left_out": left_out,
        "items": json.dumps(items),
    }


def _pieces(items: Sequence[dict[str, Any]]) -> list[Sequence[dict[str, Any]]]:
    return [items[start : start + PIECE] for start in range(0, len(items), PIECE)]


@dataclass(slots=True)
class Reader:
    """One reader's place in the feed."""

    _expected: dict[str, int] = field(default_factory=dict)

    def read(self, message: dict[str, Any]) -> tuple[list[dict[str, Any]], int]:
        """The items of a message, and how many were missed before it."""
        items: list[dict[str, Any]] = json.loads(message["items"])
        source, before = message["source"], message["before"]
        missed = max(0, before - self._expected.get(source, before)) + message["left_out"]
        self._expected[source] = before + len(items)
        return items, missed
