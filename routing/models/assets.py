"""Static assets: file contents, the sets that versions serve, and uploads in progress."""

from __future__ import annotations

import uuid

from django.db import models


class AssetContent(models.Model):
    """The content of a file, or of a set's manifest, stored once. `sha256` is hex."""

    sha256 = models.CharField(max_length=64, primary_key=True)
    content = models.BinaryField()
    size = models.PositiveIntegerField()


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
