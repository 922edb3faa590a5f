"""Settings of a Worker that are not versioned."""

from __future__ import annotations

from typing import Any

from ninja import Schema
from pydantic import Field

from dashboard.api import messages
from dashboard.api.http.errors import unsupported
from routing.models import Worker

DEFAULTS: dict[str, Any] = {
    "logpush": False,
    "tags": [],
    "tail_consumers": [],
    "observability": {"enabled": False},
}


class ScriptSettings(Schema):
    """A change by a settings call or an upload. Absent fields stay unchanged."""

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
    """The settings in `sent`. Raises `ApiError` for unsupported ones."""
    if sent.tail_consumers or sent.streaming_tail_consumers:
        raise unsupported(messages.NO_TAIL_WORKERS)
    values = {key: getattr(sent, key) for key in DEFAULTS}
    return {key: value for key, value in values.items() if value is not None}


def settings_item(worker: Worker) -> dict[str, Any]:
    """All settings, with defaults."""
    return {key: worker.settings.get(key, default) for key, default in DEFAULTS.items()}
