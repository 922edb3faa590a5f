"""The hash of an entry. Form 1 never changes: earlier entries would no longer verify."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import Any, Protocol

GENESIS = "0" * 64
"""The hash before the first entry."""


class Entry(Protocol):
    """The columns that the hash covers."""

    at: datetime
    actor: str
    action: str
    subject: str
    source: str
    before: Any
    after: Any
    request_id: str
    token: str
    address: str


def content(entry: Entry) -> dict[str, Any]:
    """An entry as plain JSON values; `at` in UTC with microseconds."""
    return {
        "at": entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "actor": entry.actor,
        "action": entry.action,
        "subject": entry.subject,
        "source": entry.source,
        "before": entry.before,
        "after": entry.after,
        "request_id": entry.request_id,
        "token": entry.token,
        "address": entry.address,
    }


def canonical(entry: Entry) -> bytes:
    """The content as bytes: sorted keys, no spaces, ASCII only."""
    return json.dumps(content(entry), sort_keys=True, separators=(",", ":")).encode()


def link(previous: str, entry: Entry) -> str:
    """Hex SHA-256 over the previous hash, a line break and the canonical content."""
    return hashlib.sha256(previous.encode() + b"\n" + canonical(entry)).hexdigest()
