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


class TailConsumer(Schema):
    """A Worker that gets the events of another. `workers/workers` calls it `name`."""

    service: str = Field("", max_length=255)
    name: str = Field("", max_length=255)
    environment: str | None = None
    namespace: str | None = None


class ScriptSettings(Schema):
    """A change by a settings call or an upload. Absent fields stay unchanged."""

    logpush: bool | None = None
    tags: list[str] | None = Field(None, max_length=20)
    tail_consumers: list[TailConsumer] | None = None
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
    if sent.streaming_tail_consumers:
        raise unsupported(messages.NO_STREAMING_TAILS)
    values = {key: getattr(sent, key) for key in DEFAULTS}
    if sent.tail_consumers is not None:
        values["tail_consumers"] = [_consumer(given) for given in sent.tail_consumers]
    return {key: value for key, value in values.items() if value is not None}


def settings_item(worker: Worker) -> dict[str, Any]:
    """All settings, with defaults."""
    return {key: worker.settings.get(key, default) for key, default in DEFAULTS.items()}


def _consumer(given: TailConsumer) -> dict[str, str]:
    name = given.service or given.name
    if given.environment not in (None, "", "production"):
        raise unsupported(messages.only_production(name))
    if given.namespace:
        raise unsupported(messages.NO_CONSUMER_NAMESPACE)
    return {"service": name}
