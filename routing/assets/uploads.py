"""Uploads of assets: begin one, store files, turn a finished one into an asset set."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from routing import object_storage
from routing.asset_manifest import StoredFile, encode
from routing.assets import messages
from routing.assets.manifest import Entry, buckets
from routing.assets.upload_token import TokenInvalid, Use, token_of, upload_of
from routing.models import (
    AssetContent,
    AssetSet,
    AssetSetFile,
    AssetUpload,
    StagedObject,
    UploadedAsset,
)
from routing.models.assets import asset_object
from routing.snapshot import AssetsSpec
from routing.transactions.batches import batches


class AssetsRefused(ValueError):
    """The message is for the client. `kind`: `token`, `incomplete`, `worker` or `file`."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


@dataclass(frozen=True, slots=True)
class Begun:
    """`buckets` are the hashes to upload. Without any, `token` already completes the upload."""

    token: str
    buckets: list[list[str]]


def begin(worker_name: str, manifest: Mapping[str, Entry], now: datetime) -> Begun:
    """Starts an upload of `manifest`. Files that are here already stay for a day at least."""
    upload = AssetUpload.objects.create(
        worker_name=worker_name,
        manifest={path: [entry.hash, entry.size] for path, entry in manifest.items()},
        created_at=now,
    )
    by_hash = {entry.hash: entry for entry in manifest.values()}
    for keys in batches(by_hash):
        UploadedAsset.objects.filter(worker_name=worker_name, hash__in=keys).update(used_at=now)
    missing = by_hash.keys() - _contents(worker_name, by_hash).keys()
    if not missing:
        return Begun(token_of(upload.pk, Use.COMPLETE, now), [])
    wanted = [entry for digest, entry in by_hash.items() if digest in missing]
    return Begun(token_of(upload.pk, Use.UPLOAD, now), buckets(wanted))


def upload_by(token: str, now: datetime) -> AssetUpload:
    """The upload that `token` allows to continue. Raises `AssetsRefused`."""
    return _upload(token, Use.UPLOAD, now)


def store(upload: AssetUpload, files: Mapping[str, bytes], now: datetime) -> str:
    """Stores files, by their hashes in the manifest; returns the token that completes the upload,
    or "" while files are missing. Raises `AssetsRefused`; then nothing was stored."""
    sizes = {digest: (path, size) for path, (digest, size) in upload.manifest.items()}
    rows = {digest: _row(digest, content, sizes) for digest, content in files.items()}
    contents = list({row.sha256: row for row in rows.values()}.values())
    AssetContent.stage(contents, now)
    with transaction.atomic():
        _store(contents)
        UploadedAsset.objects.bulk_create(
            [
                UploadedAsset(worker_name=upload.worker_name, hash=digest, content=row, used_at=now)
                for digest, row in rows.items()
            ],
            update_conflicts=True,
            unique_fields=["worker_name", "hash"],
            update_fields=["content", "used_at"],
        )
    complete = sizes.keys() <= _contents(upload.worker_name, sizes).keys()
    return token_of(upload.pk, Use.COMPLETE, now) if complete else ""


def finish(token: str, worker_name: str, config: Mapping[str, Any], now: datetime) -> AssetsSpec:
    """The asset set of a finished upload, as a version stores it. Raises `AssetsRefused`.

    A token can be used again, as clients repeat an upload that failed.
    """
    upload = _upload(token, Use.COMPLETE, now)
    if upload.worker_name != worker_name:
        raise AssetsRefused("worker", messages.OTHER_WORKER)
    contents = _contents(worker_name, {digest for digest, _ in upload.manifest.values()})
    try:
        files = {
            path: StoredFile(contents[digest], size)
            for path, (digest, size) in upload.manifest.items()
        }
    except KeyError:
        raise AssetsRefused("incomplete", messages.INCOMPLETE) from None
    manifest = _content(encode(files))
    AssetContent.stage([manifest], now)
    with transaction.atomic():
        _write_set(manifest, files, now)
    return AssetsSpec(
        manifest=manifest.sha256,
        files=len(files),
        size=sum(file.size for file in files.values()),
        config=dict(config),
    )


def _upload(token: str, use: Use, now: datetime) -> AssetUpload:
    try:
        upload = AssetUpload.objects.filter(pk=upload_of(token, use, now)).first()
    except TokenInvalid:
        upload = None
    if upload is None:
        raise AssetsRefused("token", messages.TOKEN_INVALID)
    return upload


def _row(digest: str, content: bytes, sizes: Mapping[str, tuple[str, int]]) -> AssetContent:
    if digest not in sizes:
        raise AssetsRefused("file", messages.unknown_hash(digest))
    path, size = sizes[digest]
    if len(content) != size:
        raise AssetsRefused("file", messages.wrong_size(path, len(content), size))
    return _content(content)


def _content(content: bytes) -> AssetContent:
    digest = hashlib.sha256(content).hexdigest()
    return AssetContent(sha256=digest, content=content, size=len(content))


def _contents(worker_name: str, hashes: Iterable[str]) -> dict[str, str]:
    """SHA-256 by hash, of the files that were uploaded for this Worker."""
    known: dict[str, str] = {}
    rows = UploadedAsset.objects.filter(worker_name=worker_name)
    for keys in batches(hashes):
        known |= dict(rows.filter(hash__in=keys).values_list("hash", "content_id"))
    return known


def _store(contents: list[AssetContent]) -> None:
    AssetContent.objects.bulk_create(contents, ignore_conflicts=True)
    if object_storage.is_configured():
        StagedObject.objects.settle([asset_object(row.sha256) for row in contents])


def _write_set(manifest: AssetContent, files: Mapping[str, StoredFile], now: datetime) -> None:
    _store([manifest])
    row, is_new = AssetSet.objects.update_or_create(
        sha256=manifest.sha256,
        defaults={
            "files": len(files),
            "size": sum(file.size for file in files.values()),
            "created_at": now,
        },
    )
    if is_new:
        needed = {file.sha256 for file in files.values()} | {manifest.sha256}
        AssetSetFile.objects.bulk_create(
            [AssetSetFile(asset_set=row, content_id=sha256) for sha256 in sorted(needed)],
            batch_size=2000,
        )
