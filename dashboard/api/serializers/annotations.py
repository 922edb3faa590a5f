"""Annotations: a message, a tag and a few notes that clients attach to what they upload."""

from __future__ import annotations

import re
from typing import TypeAlias

from dashboard.api.http.errors import bad_request
from routing.models import ALIAS, Deployment, Version

Annotations: TypeAlias = dict[str, str | int | None]
"""As sent: some clients send a pull request's number as a number."""
MESSAGE, TAG = "workers/message", "workers/tag"
TRIGGER = "workers/triggered_by"
STORED = (
    ALIAS,
    "workers/commit_sha",
    "workers/repository_url",
    "workers/pull_request_number",
    "workers/pull_request_title",
    "workers/pull_request_url",
)
"""Kept as sent; any other annotation is dropped, `workers/triggered_by` too: it is ours to say."""
_ALIAS = re.compile(r"[a-z]([a-z0-9-]*[a-z0-9])?")


def message_of(sent: Annotations | None) -> str:
    """The message, cut to 1000 bytes as Cloudflare does."""
    text = (sent or {}).get(MESSAGE) or ""
    return str(text).encode()[:1000].decode(errors="ignore")


def tag_of(sent: Annotations | None) -> str:
    """The tag; a long one is refused, since half a tag would be another tag."""
    tag = str((sent or {}).get(TAG) or "")
    if len(tag.encode()) > 100:
        raise bad_request("A tag has at most 100 bytes.")
    return tag


def stored(sent: Annotations | None, worker_name: str) -> dict[str, str]:
    """The other annotations of an upload."""
    found = {
        key: str(value)[:1000] for key, value in (sent or {}).items() if key in STORED and value
    }
    alias = found.get(ALIAS)
    if alias and (not _ALIAS.fullmatch(alias) or len(f"{alias}-{worker_name}") > 63):
        raise bad_request(
            f"Alias {alias!r}: lower-case letters, digits and dashes, starting with a letter, "
            f"and with '-{worker_name}' at most 63 characters."
        )
    return found


def of_version(version: Version) -> dict[str, str]:
    """A version's annotations, as every client shows them."""
    shown = {MESSAGE: version.message, TAG: version.tag, TRIGGER: version.triggered_by}
    return {**version.annotations, **{key: value for key, value in shown.items() if value}}


def of_deployment(deployment: Deployment) -> dict[str, str]:
    """A rollback is named as one: the server knows it by comparing with history."""
    trigger = "rollback" if deployment.is_rollback else deployment.triggered_by
    shown = {MESSAGE: deployment.message, TRIGGER: trigger}
    return {key: value for key, value in shown.items() if value}
