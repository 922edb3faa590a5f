"""What a process was started with, as one word. Another word: the process is out of date."""

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
    """Everything that decides about a version's process, its secrets too: keyed, so that a weak
    secret cannot be tried against the word."""
    parts = [
        preview_to_json(Preview(worker=worker, version=version)),
        msgspec.json.encode([slot, dict(sorted(runtime.items())), sorted(deny), tail, program]),
    ]
    return hmac.new(key, b"\n".join(parts), hashlib.sha256).hexdigest()


def of_envoy(bootstrap: Mapping[str, Any], arguments: Sequence[str], program: str) -> str:
    """Envoy's start-up configuration, arguments and program."""
    listed = [bootstrap, list(arguments), program]
    return hashlib.sha256(msgspec.json.encode(listed, order="sorted")).hexdigest()


def of_program(path: str | Path) -> str:
    """A program that was installed again, in whatever version, is another one."""
    found = os.stat(path)
    return f"{found.st_size}.{found.st_mtime_ns}"
