"""Queues: create, change and find them.

Bindings name a queue, so its name is its key in the state process. Its id is for the API only.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.db import transaction

from dashboard.accounts.actor import Actor
from dashboard.storage import namespaces
from dashboard.storage.client import StateRefused, state_client
from dashboard.storage.messages import FAILED
from dashboard.storage.namespaces import NamespaceRefused
from dashboard.storage.queues import messages
from routing.models import StateNamespace

if TYPE_CHECKING:
    import httpx

KIND = "queue"
DEFAULTS: Mapping[str, Any] = {
    "delivery_delay": 0,
    "message_retention_period": 345_600,
    "delivery_paused": False,
}
_RANGES = {"delivery_delay": (0, 86_400), "message_retention_period": (60, 345_600)}
"""In seconds. Cloudflare keeps messages for up to 14 days; the state process for 4."""
_REFUSALS = {413: messages.TOO_LARGE, 429: messages.FULL}
_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


def create(name: str, settings: Mapping[str, Any], by: Actor) -> StateNamespace:
    """An empty queue. Raises `NamespaceRefused`, `StateRefused` and `StateUnavailable`."""
    if not _NAME.fullmatch(name):
        raise NamespaceRefused("name", messages.NAME_INVALID)
    merged = {"id": secrets.token_hex(16), **_merged(DEFAULTS, settings)}
    taken = messages.name_taken(name)
    with transaction.atomic():
        queue = namespaces.create(KIND, name, by, key=name, settings=merged, taken=taken)
        state_client().create(KIND, name)
        _configure(queue)
    return queue


def change(queue: StateNamespace, settings: Mapping[str, Any], by: Actor) -> None:
    """Changes the given settings. Raises as `create`."""
    with transaction.atomic():
        locked = StateNamespace.objects.select_for_update().get(pk=queue.pk)
        queue.settings |= _merged(DEFAULTS | locked.settings, settings)
        queue.save(update_fields=["settings"])
        namespaces.record_change("change", queue, by, **settings)
        _configure(queue)


def find(queue_id: str) -> StateNamespace | None:
    return StateNamespace.objects.filter(kind=KIND, settings__id=queue_id).first()


def post(name: str, path: str, given: Any) -> httpx.Response:
    """A request to the queue of that name. Raises `StateRefused` and `StateUnavailable`."""
    answer = state_client().request(KIND, name, "POST", path, json=given)
    if answer.status_code >= 400:
        reason = _REFUSALS.get(answer.status_code, FAILED)
        raise StateRefused(answer.status_code, reason)
    return answer


def _merged(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    for name, (least, most) in _RANGES.items():
        if name in new and not least <= new[name] <= most:
            raise NamespaceRefused("settings", messages.out_of_range(name, least, most))
    return {name: new.get(name, old[name]) for name in DEFAULTS}


def _configure(queue: StateNamespace) -> None:
    post(queue.key, "/settings", queue.settings)
