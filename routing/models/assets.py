"""Static assets: file contents, the sets that versions serve, and uploads in progress."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime

from django.db import models

from routing import object_storage
from routing.models.staged_objects import StagedObject
from routing.transactions.batches import batches


class AssetContent(models.Model):
    """The content of a file, or of a set's manifest, stored once. `sha256` is hex."""

    sha256 = models.CharField(max_length=64, primary_key=True)
    #: Empty if it is in the bucket of SLUICE_S3_URL. Use `read`.
    content = models.BinaryField()
    size = models.PositiveIntegerField()

    @staticmethod
    def stage(rows: Iterable[AssetContent], now: datetime) -> None:
        """Moves the contents of new rows to the bucket, if there is one. Call it before the
        transaction that stores them. Raises `StorageFailed`."""
        by_key = {row.sha256: row for row in rows}
        if not object_storage.is_configured():
            return
        for keys in batches(list(by_key)):
            for present in AssetContent.objects.filter(pk__in=keys).values_list("pk", flat=True):
                del by_key[present]
        StagedObject.objects.put(
            {asset_object(key): bytes(row.content) for key, row in by_key.items()}, now
        )
        for row in by_key.values():
            row.content = b""

    def read(self) -> bytes:
        """Raises `StorageFailed`."""
        if self.size and not self.content:
            return object_storage.get(asset_object(self.sha256))
        return bytes(self.content)


def asset_object(sha256: str) -> str:
    """Its name in the bucket."""
    return f"assets/{sha256}"


class AssetSet(models.Model):
    """All files of a version. `sha256` identifies the manifest, whose content is stored too.
    `created_at` is the last upload of it."""

    sha256 = models.CharField(max_length=64, primary_key=True)
    files = models.PositiveIntegerField()
    size = models.PositiveBigIntegerField()
    created_at = models.DateTimeField()


class AssetSetFile(models.Model):
    """A set needs this content."""

    asset_set = models.ForeignKey(AssetSet, on_delete=models.CASCADE, related_name="contents")
    content = models.ForeignKey(AssetContent, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["asset_set", "content"], name="asset_set_file_once")
        ]


class UploadedAsset(models.Model):
    """A file that was uploaded for a Worker, by the hash that the client gave it. Hashes count for
    one Worker only, because clients compute them."""

    worker_name = models.CharField(max_length=63)
    hash = models.CharField(max_length=32)
    content = models.ForeignKey(AssetContent, on_delete=models.PROTECT, related_name="+")
    used_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["worker_name", "hash"], name="uploaded_asset_once")
        ]


class AssetUpload(models.Model):
    """An upload in progress. `manifest` maps each path to [hash, size]."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    worker_name = models.CharField(max_length=63)
    manifest = models.JSONField()
    created_at = models.DateTimeField(db_index=True)
