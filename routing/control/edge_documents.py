"""What an edge fetches: the Workers of its group, with secrets sealed to its key.

A document is compiled once for all edges of a group with the same revision; an edge costs only the
wrapping of the document's key. Plaintext, for agents that have announced no key, is not cached.
"""

from __future__ import annotations

import threading
from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

import cachetools
from django.db.models import Subquery

from routing import sealing, snapshot
from routing.control import previews, publish
from routing.models import (
    AssetContent,
    AssetSetFile,
    Deployment,
    DesiredState,
    Edge,
    Module,
    Version,
    VersionModule,
    Worker,
    runs_in,
)

MOST_ASSET_BYTES = 16 * 1024 * 1024
"""In one answer."""
CACHE_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class _Document:
    """`is_complete` is False if Workers are withheld: these return without a new revision."""

    body: bytes
    data_key: bytes
    is_complete: bool


_Key = tuple[str, int | None, int, UUID | None]
_documents: cachetools.LRUCache[_Key, _Document] = cachetools.LRUCache(
    CACHE_BYTES, getsizeof=lambda document: len(document.body)
)
_condition = threading.Condition()


def snapshot_for(edge: Edge, since: int) -> bytes | None:
    """The snapshot, or the changes since that revision; None if there are none."""
    revision, deployment = _newest()
    is_whole = not since or since < edge.whole_since
    if since and since == revision and not is_whole:
        return None
    base = None if is_whole else since
    if not edge.public_key:
        return snapshot.to_json(publish.publish(base, edge.group))
    key = (edge.group, base, revision, deployment)
    document = _document(key)
    if not document.is_complete:
        with _condition:
            _documents.pop(key, None)
    return sealing.envelope(document.body, document.data_key, edge.public_key)


def preview_for(edge: Edge, label: str) -> bytes:
    """The version at a preview URL. Raises `PreviewUnknown` and `DecryptionFailed`."""
    preview = previews.find_preview(label, edge.group)
    if not edge.public_key:
        return snapshot.preview_to_json(preview)
    data_key = sealing.new_data_key()
    document = snapshot.preview_to_json(sealing.seal_preview(preview, data_key))
    return sealing.envelope(document, data_key, edge.public_key)


def module_for(edge: Edge, sha256: str) -> bytes | None:
    """The content of a module of a Worker that the edge's group runs."""
    uses = VersionModule.objects.filter(module=sha256)
    workers = Worker.objects.filter(runs_in(edge.group), versions__modules__in=uses)
    if not workers.exists():
        return None
    row = Module.objects.filter(sha256=sha256).first()
    return None if row is None else row.read()


def asset_for(edge: Edge, sha256: str) -> bytes | None:
    """A file, or the manifest, of static assets of a Worker that the edge's group runs."""
    sets = AssetSetFile.objects.filter(content=sha256).values("asset_set")
    workers = Worker.objects.filter(runs_in(edge.group), versions__asset_set__in=sets)
    if not workers.exists():
        return None
    row = AssetContent.objects.filter(sha256=sha256).first()
    return None if row is None else row.read()


def assets_for(edge: Edge, sha256s: Collection[str]) -> dict[str, bytes]:
    """The contents of those files that belong to Workers of the edge's group. What is left out can
    be fetched with `asset_for`: after `MOST_ASSET_BYTES`, no further one is read."""
    workers = Worker.objects.filter(runs_in(edge.group))
    sets = Version.objects.filter(worker__in=workers, asset_set__isnull=False).values("asset_set")
    used = AssetSetFile.objects.filter(content__in=sha256s, asset_set__in=sets)
    chosen: list[str] = []
    left = MOST_ASSET_BYTES
    rows = AssetContent.objects.filter(pk__in=used.values("content"))
    # The sizes first: together the files may be larger than memory.
    for sha256, size in rows.values_list("pk", "size"):
        left -= size
        if left < 0:
            break
        chosen.append(sha256)
    return {row.sha256: row.read() for row in AssetContent.objects.filter(pk__in=chosen)}


def _newest() -> tuple[int, UUID | None]:
    """The revision, and the newest deployment, which tells two databases apart."""
    last = Deployment.objects.order_by("-revision").values("pk")[:1]
    rows = DesiredState.objects.annotate(newest=Subquery(last)).values_list("revision", "newest")
    return rows.first() or (0, None)


@cachetools.cached(_documents, key=lambda key: key, condition=_condition)
def _document(key: _Key) -> _Document:
    """Edges that request the same document wait for the first one."""
    group, base, _, _ = key
    data_key = sealing.new_data_key()
    published = publish.publish(base, group)
    body = snapshot.to_json(sealing.seal_snapshot(published, data_key))
    return _Document(body, data_key, not published.withheld)
