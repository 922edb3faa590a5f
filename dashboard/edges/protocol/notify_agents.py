"""Telling the agents at once that the desired state has changed, or who is looked at."""

from __future__ import annotations

from typing import Any

from dashboard.live.channel.broadcast import broadcast
from dashboard.live.logs.subscriptions import watch_changed
from routing.control.signals import desired_state_changed

GROUP = "edges"


def connect() -> None:
    """Called once at start."""
    desired_state_changed.connect(send_revision, dispatch_uid="nudge edges")
    watch_changed.connect(send_watched, dispatch_uid="nudge edges to watch")


def send_revision(*, revision: int, **_: Any) -> None:
    """Sends the revision to every connected agent; agents elsewhere notice within a second."""
    broadcast(GROUP, {"type": "revision", "revision": revision})


def send_watched(**_: Any) -> None:
    """Every connected agent is told the Workers that somebody is looking at."""
    broadcast(GROUP, {"type": "watch"})
