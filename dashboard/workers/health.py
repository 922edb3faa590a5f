"""How the versions' processes are, as the edges last reported."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from routing.models import Edge

#: States of a process that does not answer as it should (`routing.agent.held`).
ILL = frozenset({"backoff", "hung", "failed"})


def ill(version_ids: Iterable[UUID]) -> dict[UUID, str]:
    """Those versions whose process is ill at some edge, with what the edge says about it."""
    asked = {str(v): v for v in version_ids}
    found: dict[UUID, str] = {}
    for name, status in Edge.objects.order_by("name").values_list("name", "status"):
        for text, version in _versions(status).items():
            if text in asked and version.get("state") in ILL:
                words = f"{version['state']} on {name}"
                found.setdefault(asked[text], words)
    return found


def _versions(status: dict[str, Any]) -> dict[str, Any]:
    return status.get("versions") or {}
