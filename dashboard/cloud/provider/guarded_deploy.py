"""Deploying where there is no condition: our marker in the message, and what became of it. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from dashboard.cloud.provider.values import DeploymentSummary, DeployResult, DeployState

MESSAGE_BYTES = 1000
"""Cloudflare cuts longer messages."""
_MARKER = re.compile(r" ?\[sluice ([0-9a-f]{12})\]$")


def marked(message: str, marker: str) -> str:
    """The message with the marker at its end, within `MESSAGE_BYTES`."""
    end = f" [sluice {marker}]" if message else f"[sluice {marker}]"
    room = MESSAGE_BYTES - len(end)
    return message.encode()[:room].decode(errors="ignore") + end


def split_marker(message: str) -> tuple[str, str]:
    """The message as a person wrote it, and the marker or nothing."""
    match = _MARKER.search(message)
    return (message[: match.start()], match[1]) if match else (message, "")


def outcome(
    before_id: str | None, marker: str, listed: Sequence[DeploymentSummary]
) -> DeployResult:
    """What became of a deployment that was made with `marker` while `before_id` was live.

    `listed` was read afterwards, newest first.
    """
    live = listed[0] if listed else None
    place = next((i for i, d in enumerate(listed) if d.marker == marker), None)
    since = _since(before_id, listed)
    if place is None:
        return DeployResult(DeployState.UNSURE, marker, live, others=tuple(since))
    ours = listed[place]
    others = tuple(d for d in since if d.marker != marker)
    if place > 0:
        return DeployResult(DeployState.OVERTAKEN, marker, live, ours, others)
    state = DeployState.OVERWROTE if others else DeployState.LIVE
    return DeployResult(state, marker, live, ours, others)


def _since(before_id: str | None, listed: Sequence[DeploymentSummary]) -> list[DeploymentSummary]:
    """Deployments newer than `before_id`."""
    newer = []
    for deployment in listed:
        if deployment.id == before_id:
            break
        newer.append(deployment)
    return newer
