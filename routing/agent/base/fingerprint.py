"""Fingerprints of what a process was started with; if it differs, the process is out of date."""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from routing.snapshot import Preview, VersionSpec, preview_to_json


def of_version(
    worker: str,
    version: VersionSpec,
    slot: int,
    *,
    key: bytes,
    runtime: Mapping[str, str],
    deny: Sequence[str],
    tail: bool,
    program: str,
) -> str:
    """Covers everything that a version's process depends on, including secrets. Keyed, so that a
    weak secret cannot be guessed from it."""
    parts = [
        preview_to_json(Preview(worker=worker, version=version)),
        msgspec.json.encode([slot, dict(sorted(runtime.items())), sorted(deny), tail, program]),
    ]
    return hmac.new(key, b"\n".join(parts), hashlib.sha256).hexdigest()


def of_envoy(bootstrap: Mapping[str, Any], arguments: Sequence[str], program: str) -> str:
    listed = [bootstrap, list(arguments), program]
    return hashlib.sha256(msgspec.json.encode(listed, order="sorted")).hexdigest()


def of_program(path: str | Path) -> str:
    """Changes when the program is installed again."""
    found = os.stat(path)
    return f"{found.st_size}.{found.st_mtime_ns}"
