"""Zones: domains whose host names Workers may use."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable


def zone_id(name: str) -> str:
    """32 hex digits, as Cloudflare's ids. The same for the same name everywhere."""
    return hashlib.sha256(f"zone:{name}".encode()).hexdigest()[:32]


def is_within(host: str, zone: str) -> bool:
    return host == zone or host.endswith(f".{zone}")


def zone_of(host: str, zones: Iterable[str]) -> str:
    """The longest zone that `host` is in; "" if none."""
    return max((zone for zone in zones if is_within(host, zone)), key=len, default="")
