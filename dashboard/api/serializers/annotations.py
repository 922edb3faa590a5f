"""Annotations: message, tag and other notes of an upload."""

from __future__ import annotations

import re
from typing import TypeAlias

from dashboard.api import messages
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
"""Stored as sent. Others are dropped, and so is `workers/triggered_by`, which the server sets."""
_ALIAS = re.compile(r"[a-z]([a-z0-9-]*[a-z0-9])?")


def message_of(sent: Annotations | None) -> str:
    """The message, cut to 1000 bytes as Cloudflare does."""
    text = (sent or {}).get(MESSAGE) or ""
    return str(text).encode()[:1000].decode(errors="ignore")


def tag_of(sent: Annotations | None) -> str:
    """The tag. A long one is refused, as a part of it would be another tag."""
    tag = str((sent or {}).get(TAG) or "")
    if len(tag.encode()) > 100:
        raise bad_request(messages.TAG_TOO_LONG)
    return tag


def stored(sent: Annotations | None, worker_name: str) -> dict[str, str]:
    """The other annotations of an upload."""
    values = {
        key: str(value)[:1000] for key, value in (sent or {}).items() if key in STORED and value
    }
    alias = values.get(ALIAS)
    if alias and (not _ALIAS.fullmatch(alias) or len(f"{alias}-{worker_name}") > 63):
        raise bad_request(messages.alias_invalid(alias, worker_name))
    return values


def of_version(version: Version) -> dict[str, str]:
    """A version's annotations in responses."""
    own = {MESSAGE: version.message, TAG: version.tag, TRIGGER: version.triggered_by}
    return {**version.annotations, **{key: value for key, value in own.items() if value}}


def of_deployment(deployment: Deployment) -> dict[str, str]:
    """A deployment's annotations in responses. The server detects rollbacks by history."""
    trigger = "rollback" if deployment.is_rollback else deployment.triggered_by
    own = {MESSAGE: deployment.message, TRIGGER: trigger}
    return {key: value for key, value in own.items() if value}
