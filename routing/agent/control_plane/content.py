"""Content from the control plane, by its hash: modules, files and manifests of static assets."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable

from routing.agent.base import edge_folder

Fetch = Callable[[str], Awaitable[bytes]]
"""Gets the content with a SHA-256. Raises `ContentMissing`."""


class ContentMissing(Exception):
    """Content is not on disk and cannot be fetched, or cannot be stored."""


async def fetch_checked(fetch: Fetch, kind: str, sha256: str) -> bytes:
    """`kind` is for the message. Raises `ContentMissing`, also for content with another hash."""
    content = await fetch(sha256)
    actual = hashlib.sha256(content).hexdigest()
    if actual != sha256:
        raise ContentMissing(f"{kind} {sha256}: the control plane sent one with hash {actual}")
    return content


def not_stored(what: str, error: OSError) -> ContentMissing:
    reason = "the disk is full" if edge_folder.is_full(error) else error.strerror or str(error)
    return ContentMissing(f"{what} cannot be stored: {reason}")
