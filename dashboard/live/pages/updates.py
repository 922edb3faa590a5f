"""Telling open pages, in every web process: what they show has changed (`changed`), or what they
should show from now on (`announce`)."""

from __future__ import annotations

import uuid
from typing import Any

from dashboard.live.channel.broadcast import broadcast
from dashboard.live.pages.fragments import UpdateReason, sequence

EVERYBODY = "pages"


def group_of(topic: str) -> str:
    """The channel layer's name of a topic, which may hold no colon."""
    return "page." + topic.replace(":", ".")


def announce(topic: str, html: str) -> None:
    """Ready parts, the same for everybody; rooms render, this sends."""
    newest = sequence()
    broadcast(group_of(topic), {"type": "parts", "sequence": list(newest), "html": html})


def changed(topic: str, why: UpdateReason, subject: str = "") -> None:
    """Processes with viewers of `topic` render it once and send it."""
    broadcast(group_of(topic), _news(topic, why, subject))


def changed_everywhere(why: UpdateReason) -> None:
    """As `changed`, for every topic with viewers."""
    broadcast(EVERYBODY, _news("", why, ""))


def _news(topic: str, why: UpdateReason, subject: str) -> dict[str, Any]:
    stamp = uuid.uuid4().hex
    return {"type": "changed", "topic": topic, "why": why, "subject": subject, "stamp": stamp}
