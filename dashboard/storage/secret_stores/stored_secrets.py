"""Secrets of a store: create, change, delete. Each change reaches the edges of bound Workers."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from dashboard.accounts.actor import Actor
from dashboard.storage import namespaces
from dashboard.storage.secret_stores import messages
from routing.control import revision
from routing.control.bindings.stored_secrets import publish_store
from routing.models import StateNamespace, StoredSecret
from routing.models.stored_secrets import KIND as KIND
from routing.secret_encryption import decrypt, encrypt
from routing.snapshot import Secret

LONGEST_VALUE = 64 * 1024
LONGEST_COMMENT = 1024
MOST = 100
"""Secrets of a store."""
WORKERS = "workers"
"""The scope that lets Workers bind to a secret."""
_NAME = re.compile(r"[A-Za-z0-9_-]{1,255}")


class SecretRefused(ValueError):
    """`kind`: `name`, `value`, `comment`, `scopes`, `exists`, `count`, or `gone`: it was deleted
    meanwhile."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


@dataclass(frozen=True, slots=True)
class SecretFields:
    """A new secret; in a change, what is None stays."""

    name: str = ""
    value: Secret | None = None
    comment: str | None = None
    scopes: Sequence[str] | None = None


def create(store: StateNamespace, given: Sequence[SecretFields], by: Actor) -> list[StoredSecret]:
    """All or none. Raises `SecretRefused`."""
    for fields in given:
        _check_name(fields.name)
        _check(fields)
        if fields.value is None:
            raise SecretRefused("value", messages.VALUE_EMPTY)
    with _changing(store):
        taken = set(store.secrets.values_list("name", flat=True))
        if len(taken) + len(given) > MOST:
            raise SecretRefused("count", messages.too_many(MOST))
        made = []
        for fields in given:
            if fields.name in taken:
                raise SecretRefused("exists", messages.name_taken(fields.name))
            taken.add(fields.name)
            made.append(_insert(store, fields, by))
    return made


def change(secret: StoredSecret, fields: SecretFields, by: Actor) -> None:
    """Raises `SecretRefused`."""
    _check(fields)
    changed: dict[str, Any] = {"modified_at": by.now}
    if fields.value is not None:
        changed["sealed"] = encrypt(fields.value)
    if fields.comment is not None:
        changed["comment"] = fields.comment
    if fields.scopes is not None:
        changed["scopes"] = list(fields.scopes)
    with _changing(secret.store):
        if not StoredSecret.objects.filter(pk=secret.pk).update(**changed):
            raise SecretRefused("gone", messages.NO_SECRET)
        secret.refresh_from_db()
        has_value = fields.value is not None
        namespaces.record_change("change", secret.store, by, secret=secret.name, value=has_value)


def duplicate(secret: StoredSecret, fields: SecretFields, by: Actor) -> StoredSecret:
    """Another secret with its value. Raises `SecretRefused` and `DecryptionFailed`."""
    value = decrypt(secret.sealed)
    copied = SecretFields(fields.name, value, fields.comment, fields.scopes)
    return create(secret.store, [copied], by)[0]


def remove(secret: StoredSecret, by: Actor) -> None:
    """`get()` fails from then on in versions that are bound to it. Raises `SecretRefused`."""
    with _changing(secret.store):
        namespaces.record_change("remove", secret.store, by, secret=secret.name)
        secret.delete()


def delete_store(store: StateNamespace, by: Actor) -> None:
    """With all its secrets. Raises `SecretRefused`."""
    with _changing(store):
        namespaces.delete(store, by)


@contextmanager
def _changing(store: StateNamespace) -> Iterator[None]:
    """A transaction; then the edges of bound Workers get the values. Raises `SecretRefused`
    (`gone`)."""
    with transaction.atomic():
        revision.lock()
        if not StateNamespace.objects.filter(pk=store.pk).exists():
            raise SecretRefused("gone", messages.NO_STORE)
        yield
        publish_store(store)


def _insert(store: StateNamespace, fields: SecretFields, by: Actor) -> StoredSecret:
    assert fields.value is not None
    namespaces.record_change("put", store, by, secret=fields.name)
    return StoredSecret.objects.create(
        id=secrets.token_hex(16),
        store=store,
        name=fields.name,
        comment=fields.comment or "",
        scopes=list(fields.scopes or [WORKERS]),
        sealed=encrypt(fields.value),
        created_at=by.now,
        modified_at=by.now,
    )


def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise SecretRefused("name", messages.NAME_INVALID)


def _check(fields: SecretFields) -> None:
    if fields.value is not None:
        size = len(fields.value.reveal().encode())
        if not size:
            raise SecretRefused("value", messages.VALUE_EMPTY)
        if size > LONGEST_VALUE:
            raise SecretRefused("value", messages.value_too_long(LONGEST_VALUE))
    if fields.comment is not None and len(fields.comment) > LONGEST_COMMENT:
        raise SecretRefused("comment", messages.COMMENT_TOO_LONG)
    if fields.scopes is not None and WORKERS not in fields.scopes:
        raise SecretRefused("scopes", messages.NOT_FOR_WORKERS)
