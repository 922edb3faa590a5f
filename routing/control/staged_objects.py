"""Deletes objects of the bucket that no row needs."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.db import transaction

from routing import object_storage
from routing.models import AssetContent, Module, StagedObject
from routing.object_storage import StorageFailed

log = logging.getLogger(__name__)

GRACE = timedelta(days=1)
"""An upload may still be about to store its rows."""
MOST = 500
"""Objects of one call."""


def prune(now: datetime) -> int:
    """Deletes objects staged longer ago than `GRACE` that no row needs; returns how many."""
    if not object_storage.is_configured():
        return 0
    old = StagedObject.objects.filter(staged_at__lt=now - GRACE).order_by("staged_at")
    return sum(_pruned(name, now) for name in list(old.values_list("name", flat=True)[:MOST]))


def _pruned(name: str, now: datetime) -> bool:
    """An upload of the same content waits for this transaction, and writes the object again."""
    with transaction.atomic():
        rows = StagedObject.objects.select_for_update().filter(name=name)
        row = rows.filter(staged_at__lt=now - GRACE).first()
        if row is None:
            return False
        is_needed = _is_needed(name)
        if not is_needed:
            try:
                object_storage.delete(name)
            except StorageFailed as error:
                log.warning("%s stays in the bucket for now: %s", name, error.strerror)
                return False
        row.delete()
        return not is_needed


def _is_needed(name: str) -> bool:
    kind, _, sha256 = name.partition("/")
    if kind == "modules":
        return Module.objects.filter(pk=sha256).exists()
    return AssetContent.objects.filter(pk=sha256).exists()
