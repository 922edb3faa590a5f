"""Objects of the bucket that no row may need: written before a transaction, or left by one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from django.db import models

from routing import object_storage
from routing.transactions.batches import batches

AT_ONCE = 8
"""Objects that are written at the same time."""


class StagedObjectQuerySet(models.QuerySet["StagedObject"]):
    def put(self, contents: Mapping[str, bytes], now: datetime) -> None:
        """Writes objects by name. Call it before the transaction that stores their rows, which
        ends with `settle`. Raises `StorageFailed`."""
        self.note(contents, now)
        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(object_storage.put, contents.keys(), contents.values()))

    def note(self, names: Iterable[str], now: datetime) -> None:
        """These objects may have no row, or soon none."""
        rows = [StagedObject(name=name, staged_at=now) for name in names]
        self.bulk_create(
            rows, update_conflicts=True, unique_fields=["name"], update_fields=["staged_at"]
        )

    def settle(self, names: Iterable[str]) -> None:
        """They have rows, stored in the transaction of this call."""
        for some in batches(names):
            self.filter(name__in=some).delete()


class StagedObject(models.Model):
    """An object is deleted a day after `staged_at` unless a row needs it
    (`routing.control.staged_objects`). It has none if its transaction failed, or its row was
    deleted."""

    name = models.CharField(max_length=100, primary_key=True)
    staged_at = models.DateTimeField(db_index=True)

    objects = StagedObjectQuerySet.as_manager()
