"""Telling the agents at once that the desired state has changed."""

from __future__ import annotations

from typing import Any

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer

from routing.signals import desired_state_changed

GROUP = "edges"


def connect() -> None:
    """Called once at start."""
    desired_state_changed.connect(nudge, dispatch_uid="nudge edges")


def nudge(*, revision: int, **_: Any) -> None:
    """Sends the revision to every connected agent; agents elsewhere notice within a second."""
    layer = get_channel_layer()
    if layer is not None:
        async_to_sync(layer.group_send)(GROUP, {"type": "revision", "revision": revision})
