"""The static assets of a version: its files, and how they differ from another version's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from routing.asset_manifest import StoredFile, decode
from routing.models import AssetContent, Version

MOST = 200
"""Files that a page lists."""

Files = Mapping[str, StoredFile]


@dataclass(frozen=True, slots=True)
class StaticFiles:
    """`listed` are the first `MOST` files, by path. Without `is_stored` the files were deleted,
    because the version can no longer be deployed."""

    count: int
    size: int
    listed: Sequence[tuple[str, int]]
    is_stored: bool

    @property
    def more(self) -> int:
        return self.count - len(self.listed) if self.is_stored else 0


@dataclass(frozen=True, slots=True)
class StaticFileChange:
    """A file that differs. Sizes are in bytes; None where the file is missing."""

    path: str
    change: Literal["new", "gone", "changed"]
    before: int | None
    after: int | None


@dataclass(frozen=True, slots=True)
class StaticFileChanges:
    """`listed` are the first `MOST` changes, by path."""

    new: int
    gone: int
    changed: int
    listed: Sequence[StaticFileChange]

    @property
    def count(self) -> int:
        return self.new + self.gone + self.changed

    @property
    def more(self) -> int:
        return self.count - len(self.listed)


def static_files(version: Version) -> StaticFiles | None:
    """None for a version without static assets. One query."""
    if not version.assets:
        return None
    files = _files(version.asset_set or "")
    listed = [(path, file.size) for path, file in sorted((files or {}).items())[:MOST]]
    assets = version.assets
    return StaticFiles(assets["files"], assets["size"], listed, is_stored=files is not None)


def static_file_changes(left: Version | None, right: Version | None) -> StaticFileChanges:
    """Two queries at most, none if both have the same files. None is a version without any."""
    sets = [version.asset_set if version else None for version in (left, right)]
    if sets[0] == sets[1]:
        return compare({}, {})
    before, after = (_files(sha256) if sha256 else {} for sha256 in sets)
    return compare(before or {}, after or {})


def compare(before: Files, after: Files) -> StaticFileChanges:
    changes = [
        _change(path, before.get(path), after.get(path))
        for path in sorted({*before, *after})
        if before.get(path) != after.get(path)
    ]
    kinds = [change.change for change in changes]
    return StaticFileChanges(
        new=kinds.count("new"),
        gone=kinds.count("gone"),
        changed=kinds.count("changed"),
        listed=changes[:MOST],
    )


def _change(path: str, before: StoredFile | None, after: StoredFile | None) -> StaticFileChange:
    if before is None:
        return StaticFileChange(path, "new", None, after.size if after else None)
    if after is None:
        return StaticFileChange(path, "gone", before.size, None)
    return StaticFileChange(path, "changed", before.size, after.size)


def _files(asset_set: str) -> dict[str, StoredFile] | None:
    """None if they are not stored any more."""
    row = AssetContent.objects.filter(pk=asset_set).first()
    return None if row is None else decode(row.read())
