"""Namespaces of the state process, and which versions use them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import models

from routing.compile.workerd.binding_types import send_email, stored_secrets
from routing.compile.workerd.binding_types.state import STATE_BINDINGS
from routing.models.immutable import Immutable
from routing.models.versions import Version

OUTBOX = "outbox"
"""What bindings that send mail refer to."""
DATASET = "dataset"
"""The kind of Analytics Engine's datasets, which uploads create."""


class StateNamespace(models.Model):
    """A namespace of `kind` (kv, d1, r2, queue, dataset, secrets). `key` is what bindings say: the
    id of KV, D1 and secrets stores, the name of the others. The data itself is in the state
    process, that of secrets stores in `StoredSecret`. `settings` depend on the kind."""

    kind = models.CharField(max_length=8)
    key = models.CharField(max_length=64)
    title = models.CharField(max_length=512)
    created_at = models.DateTimeField()
    settings = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "key"], name="namespace_key_once"),
            models.UniqueConstraint(fields=["kind", "title"], name="namespace_title_once"),
        ]


class StateBinding(Immutable):
    """A version uses a namespace, by the binding `name`. `reference` is its key.

    Duplicates `Version.bindings`, to query by the namespace. No foreign key, because a namespace
    may be deleted.
    """

    version = models.ForeignKey(Version, on_delete=models.CASCADE, related_name="state_bindings")
    name = models.TextField()
    kind = models.CharField(max_length=8)
    reference = models.TextField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["version", "name"], name="state_binding_once")
        ]
        indexes = [models.Index(fields=["kind", "reference"])]

    @classmethod
    def rows_of(cls, version: Version) -> list[StateBinding]:
        """Unsaved rows for `version.bindings`."""
        return [
            cls(version=version, name=row["name"], kind=kind, reference=reference)
            for row in version.bindings
            for kind, reference in _references(row)
        ]


def _references(row: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The kind and key of the namespace that a stored binding is to."""
    if row["type"] == stored_secrets.TYPE:
        return [("secrets", row["store_id"])]
    if row["type"] == send_email.TYPE:
        return [(send_email.KIND, OUTBOX)]
    bound = STATE_BINDINGS.get(row["type"])
    return [(bound.kind, row[bound.option])] if bound else []
