"""Creates, renames and deletes namespaces, with an audit entry each."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction

from dashboard.accounts.actor import Actor
from dashboard.storage import messages
from dashboard.storage.client import state_client
from dashboard.storage.kinds import KINDS
from routing.control import audit
from routing.models import StateNamespace

LONGEST_TITLE = 512


class NamespaceRefused(ValueError):
    """`kind`: `name`, `exists`; of a queue, `settings`; of a dataset, `bound`."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


def create(
    kind: str,
    title: str,
    by: Actor,
    *,
    key: str = "",
    settings: Mapping[str, Any] | None = None,
    taken: str = messages.TITLE_TAKEN,
) -> StateNamespace:
    """A new namespace; without `key` with a random one. Raises `NamespaceRefused`, with the text
    `taken` if there is one of this title."""
    _check(title)
    try:
        with transaction.atomic():
            namespace = StateNamespace.objects.create(
                kind=kind,
                key=key or secrets.token_hex(16),
                title=title,
                created_at=by.now,
                settings=dict(settings or {}),
            )
            _record("create", namespace, by, after={"title": title})
    except IntegrityError:
        raise NamespaceRefused("exists", taken) from None
    return namespace


def rename(namespace: StateNamespace, title: str, by: Actor) -> None:
    """Raises `NamespaceRefused`."""
    _check(title)
    before = namespace.title
    try:
        with transaction.atomic():
            namespace.title = title
            namespace.save(update_fields=["title"])
            _record("rename", namespace, by, before={"title": before}, after={"title": title})
    except IntegrityError:
        raise NamespaceRefused("exists", messages.TITLE_TAKEN) from None


def delete(namespace: StateNamespace, by: Actor) -> None:
    """Deletes it with its data. Raises `StateUnavailable` or `StateRefused`; then it is still
    there, and deleting it can be repeated."""
    if KINDS[namespace.kind].in_state_process:
        state_client().destroy(namespace.kind, namespace.key)  # may take long: in no transaction
    forget(namespace, by)


def forget(namespace: StateNamespace, by: Actor) -> None:
    """Deletes the row, after the data."""
    with transaction.atomic():
        _record("delete", namespace, by, before={"title": namespace.title})
        namespace.delete()


def record_change(action: str, namespace: StateNamespace, by: Actor, **facts: Any) -> None:
    """An audit entry for a change of the data. `facts` never include values."""
    _record(action, namespace, by, after=facts)


def _check(title: str) -> None:
    if not title.strip() or len(title) > LONGEST_TITLE:
        raise NamespaceRefused("name", messages.TITLE_INVALID)


def _record(
    action: str, namespace: StateNamespace, by: Actor, *, before: Any = None, after: Any = None
) -> None:
    audit.record(
        f"{namespace.kind}.{action}",
        namespace.title[:100],
        actor=by.actor,
        source=by.source,
        now=by.now,
        before={"id": namespace.key, **(before or {})} if before else None,
        after={"id": namespace.key, **(after or {})} if after else None,
    )
