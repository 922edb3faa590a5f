"""Links and the switch as JSON, for the command and the API."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from dashboard.overrides.links import Shared, leave_url
from routing.models import OverrideLink, Worker


def link_as_json(link: OverrideLink, now: datetime) -> dict[str, Any]:
    """`state` is live, expired or revoked. Nothing here opens anything."""
    return {
        "id": str(link.pk),
        "worker": link.worker.name,
        "version_id": str(link.version_id),
        "state": state_of(link, now),
        "note": link.note,
        "created_by": link.created_by.username if link.created_by else "system",
        "created_at": link.created_at.isoformat(),
        "expires_at": link.expires_at.isoformat(),
        "revoked_at": link.revoked_at.isoformat() if link.revoked_at else None,
        "revoked_by": link.revoked_by.username if link.revoked_by else None,
        "leave_url": leave_url(link.host),
    }


def shared_as_json(shared: Shared, now: datetime) -> dict[str, Any]:
    """With what opens it: the address, and the permission for the header. Displayed once."""
    more = {"url": shared.url, "permission": shared.token}
    return link_as_json(shared.link, now) | more


def switch_as_json(worker: Worker, live_links: int) -> dict[str, Any]:
    """Whether overrides are protected, and how many links are live."""
    return {
        "worker": worker.name,
        "protected": worker.overrides_protected,
        "live_links": live_links,
    }


def state_of(link: OverrideLink, now: datetime) -> str:
    """What a link is worth at `now`."""
    if link.revoked_at is not None:
        return "revoked"
    return "live" if link.expires_at > now else "expired"
