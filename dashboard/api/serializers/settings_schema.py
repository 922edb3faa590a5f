"""A Worker's settings that are not versioned, as the wire has them."""

from __future__ import annotations

from typing import Any

from ninja import Schema
from pydantic import Field

from dashboard.api.http.errors import unsupported
from routing.models import Worker

DEFAULTS: dict[str, Any] = {
    "logpush": False,
    "tags": [],
    "tail_consumers": [],
    "observability": {"enabled": False},
}


class ScriptSettings(Schema):
    """What a settings call or an upload may change; absent means unchanged."""

    logpush: bool | None = None
    tags: list[str] | None = Field(None, max_length=20)
    tail_consumers: list[dict[str, Any]] | None = None
    streaming_tail_consumers: list[dict[str, Any]] | None = None
    observability: dict[str, Any] | None = None


class ScriptSettingsItem(Schema):
    """All of a Worker's settings."""

    logpush: bool
    tags: list[str]
    tail_consumers: list[dict[str, Any]]
    observability: dict[str, Any]


def changed_settings(sent: ScriptSettings) -> dict[str, Any]:
    """What `sent` sets; raises `ApiError` for what has no counterpart here."""
    if sent.tail_consumers or sent.streaming_tail_consumers:
        raise unsupported("Tail Workers are not supported: leave out tail_consumers.")
    values = {key: getattr(sent, key) for key in DEFAULTS}
    return {key: value for key, value in values.items() if value is not None}


def settings_item(worker: Worker) -> dict[str, Any]:
    """All settings, with what a new Worker has."""
    return {key: worker.settings.get(key, default) for key, default in DEFAULTS.items()}
