"""The manifest of a version's static assets: path → hash and size of each file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from routing.asset_manifest import folders_above, is_path
from routing.assets import messages

FILES = 100_000
"""Files of one version, Cloudflare's limit."""
FILE_BYTES = 25 * 1024 * 1024
"""Size of one file, Cloudflare's limit."""
BUCKET_BYTES, BUCKET_FILES = 12 * 1024 * 1024, 500
"""What one upload request carries, unless a single file is larger."""

_HASH = re.compile(r"[0-9a-fA-F]{32}")


class ManifestInvalid(ValueError):
    """The message names the file."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One file. `hash` is the client's own: 32 hexadecimal digits, lower case."""

    hash: str
    size: int


def check_manifest(raw: Mapping[str, Mapping[str, Any]]) -> dict[str, Entry]:
    """The manifest of a request. Raises `ManifestInvalid`."""
    if len(raw) > FILES:
        raise ManifestInvalid(messages.too_many_files(len(raw), FILES))
    entries = {path: _entry(path, given) for path, given in raw.items()}
    _check_folders(entries)
    sizes: dict[str, int] = {}
    for path, entry in entries.items():
        if sizes.setdefault(entry.hash, entry.size) != entry.size:
            raise ManifestInvalid(messages.sizes_differ(path))
    return entries


def buckets(entries: Iterable[Entry]) -> list[list[str]]:
    """Hashes in groups that fit into one request each, in the order given."""
    groups: list[list[str]] = []
    size = 0
    for entry in entries:
        full = not groups or len(groups[-1]) >= BUCKET_FILES or size + entry.size > BUCKET_BYTES
        if full:
            groups.append([])
            size = 0
        groups[-1].append(entry.hash)
        size += entry.size
    return groups


def _entry(path: str, given: Mapping[str, Any]) -> Entry:
    if not is_path(path):
        raise ManifestInvalid(messages.path_invalid(path))
    digest, size = given.get("hash"), given.get("size")
    if not isinstance(digest, str) or not _HASH.fullmatch(digest):
        raise ManifestInvalid(messages.hash_invalid(path))
    if not isinstance(size, int) or isinstance(size, bool) or not 0 <= size <= FILE_BYTES:
        raise ManifestInvalid(messages.file_too_large(path, int(size or 0), FILE_BYTES))
    return Entry(digest.lower(), size)


def _check_folders(entries: Mapping[str, Entry]) -> None:
    for path in entries:
        for folder in folders_above(path):
            if folder in entries:
                raise ManifestInvalid(messages.path_conflict(folder))
