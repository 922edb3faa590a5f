"""Deletes uploads that were abandoned, and assets that no deployable version needs."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef

from routing.models import (
    AssetContent,
    AssetSet,
    AssetSetFile,
    AssetUpload,
    StagedObject,
    UploadedAsset,
    Worker,
    deployable,
)
from routing.models.assets import asset_object
from routing.transactions.batches import batches

GRACE = timedelta(days=1)
"""Files stay this long after an upload, so that a slow one can finish."""


def prune(now: datetime) -> int:
    """Deletes what is older than `GRACE` and not needed; returns how many rows."""
    old = now - GRACE
    deleted = AssetUpload.objects.filter(created_at__lt=old).delete()[0]
    deleted += _prune_sets(old)
    return deleted + _prune_contents(old, now)


def _prune_sets(old: datetime) -> int:
    needed = set(
        deployable(Worker.objects.all())
        .filter(asset_set__isnull=False)
        .order_by()
        .values_list("asset_set", flat=True)
    )
    old_sets = AssetSet.objects.filter(created_at__lt=old)
    unused = old_sets.values_list("sha256", flat=True)
    deleted = 0
    for keys in batches([sha256 for sha256 in unused if sha256 not in needed]):
        with transaction.atomic():
            deleted += old_sets.filter(pk__in=keys).delete()[0]
    return deleted


def _prune_contents(old: datetime, now: datetime) -> int:
    in_a_set = Exists(AssetSetFile.objects.filter(content=OuterRef("content")))
    deleted = UploadedAsset.objects.filter(~in_a_set, used_at__lt=old).delete()[0]
    unused = AssetContent.objects.filter(
        ~Exists(AssetSetFile.objects.filter(content=OuterRef("pk"))),
        ~Exists(UploadedAsset.objects.filter(content=OuterRef("pk"))),
    ).values_list("pk", flat=True)
    for keys in batches(list(unused)):
        with transaction.atomic():
            in_bucket = AssetContent.objects.filter(pk__in=keys, content=b"", size__gt=0)
            objects = map(asset_object, in_bucket.values_list("pk", flat=True))
            StagedObject.objects.note(list(objects), now)
            deleted += AssetContent.objects.filter(pk__in=keys).delete()[0]
    return deleted
