"""The stored list of a version's static assets: path → content. Both ends read it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

PATH = 1024
"""Characters of a path."""
STEP = 255
"""Bytes of each of its steps, as file systems allow."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_decoder = msgspec.json.Decoder(dict[str, tuple[str, int]])


@dataclass(frozen=True, slots=True)
class StoredFile:
    """One file. `sha256` (hex) identifies the content, which is fetched separately."""

    sha256: str
    size: int


def encode(files: Mapping[str, StoredFile]) -> bytes:
    """Stable, so that equal lists have equal hashes."""
    return msgspec.json.encode({p: [f.sha256, f.size] for p, f in sorted(files.items())})


def decode(raw: bytes) -> dict[str, StoredFile]:
    """Files by path. Raises `ValueError`."""
    files = {path: StoredFile(*row) for path, row in _decoder.decode(raw).items()}
    for path in files:
        if not is_path(path):
            raise ValueError(f"invalid path {path!r}")
    return files


def folders_above(path: str) -> list[str]:
    """The folders of a file, the outermost first, without the root."""
    steps = path.split("/")
    return ["/".join(steps[:count]) for count in range(2, len(steps))]


def is_path(path: str) -> bool:
    """Whether this is an absolute path of a file that stays below its root."""
    steps = path.split("/")
    return (
        len(path) <= PATH
        and path.startswith("/")
        and not _CONTROL.search(path)
        and all(step not in ("", ".", "..") and len(step.encode()) <= STEP for step in steps[1:])
    )
