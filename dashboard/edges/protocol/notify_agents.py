"""Notifies agents of a new revision, and of the Workers that are being watched."""

from __future__ import annotations

from typing import Any

from dashboard.live.channel.broadcast import broadcast
from dashboard.live.logs.subscriptions import watch_changed
from routing.control.signals import desired_state_changed

GROUP = "edges"


def connect() -> None:
    """Connects the signals. Called once at start."""
    desired_state_changed.connect(send_revision, dispatch_uid="nudge edges")
    watch_changed.connect(send_watched, dispatch_uid="nudge edges to watch")


def send_revision(*, revision: int, **_: Any) -> None:
    """Sends the revision to every connected agent. Those of other processes poll every second."""
    broadcast(GROUP, {"type": "revision", "revision": revision})


def send_watched(**_: Any) -> None:
    """Makes every agent's socket send the watched Workers again."""
    broadcast(GROUP, {"type": "watch"})
