"""The contents of static assets on this edge's disk, each stored once by its SHA-256.

A file's time stamp comes from its content, because workerd makes ETags of path, size and time
stamp: so all edges send the same ETag for a file.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from routing.agent.control_plane.content import Fetch, fetch_checked, not_stored
from routing.asset_manifest import StoredFile

FetchMany = Callable[[Collection[str]], Awaitable[Mapping[str, bytes]]]
"""Gets the contents with these SHA-256, perhaps only some of them. Raises `ContentMissing`."""

SMALL_BYTES = 64 * 1024
"""Files up to here are fetched together: each request of its own costs the control plane 5 ms."""
BATCH_FILES, BATCH_BYTES = 200, 4 * 1024 * 1024
_AT_ONCE = 8


class FileStore:
    def __init__(self, fetch: Fetch, fetch_many: FetchMany, path: Path) -> None:
        self.path = path
        self._fetch, self._fetch_many = fetch, fetch_many
        self._places = asyncio.Semaphore(_AT_ONCE)

    async def fetch_missing(self, files: Iterable[StoredFile]) -> None:
        """Stores those that are not here. Raises `ContentMissing`."""
        missing = {f.sha256: f for f in files if not _is_stored(self.path / f.sha256, f.size)}
        small = [file for file in missing.values() if file.size <= SMALL_BYTES]
        await self._all(self._store_batch(batch, missing) for batch in batches(small))
        await self._all(self._store(sha256) for sha256 in tuple(missing))

    async def _all(self, tasks: Iterable[Awaitable[None]]) -> None:
        try:
            async with asyncio.TaskGroup() as group:
                for task in tasks:
                    group.create_task(self._in_place(task))
        except ExceptionGroup as failed:
            raise failed.exceptions[0] from None

    async def _in_place(self, task: Awaitable[None]) -> None:
        async with self._places:
            await task

    async def _store_batch(self, batch: list[StoredFile], missing: dict[str, StoredFile]) -> None:
        """Removes from `missing` what is stored then; the rest is fetched one by one."""
        contents = await self._fetch_many([file.sha256 for file in batch])
        stored = await asyncio.to_thread(self._write_all, contents)
        for sha256 in stored:
            missing.pop(sha256, None)

    async def _store(self, sha256: str) -> None:
        content = await fetch_checked(self._fetch, "asset", sha256)
        await asyncio.to_thread(self._write, sha256, content)

    def _write_all(self, contents: Mapping[str, bytes]) -> list[str]:
        right = [key for key, value in contents.items() if _sha256(value) == key]
        for sha256 in right:
            self._write(sha256, contents[sha256])
        return right

    def _write(self, sha256: str, content: bytes) -> None:
        try:
            self._make_folders()
            temporary = self.path / f"{sha256}.tmp"
            temporary.write_bytes(content)
            temporary.chmod(0o644)
            stamp = _time_of(sha256)
            os.utime(temporary, (stamp, stamp))
            temporary.rename(self.path / sha256)
        except OSError as error:
            raise not_stored("static assets", error) from error

    def _make_folders(self) -> None:
        self.path.mkdir(parents=True, exist_ok=True)
        for folder in (self.path.parent, self.path):
            folder.chmod(0o755)


def batches(files: Iterable[StoredFile]) -> list[list[StoredFile]]:
    """In the order given, each of one request's size."""
    groups: list[list[StoredFile]] = []
    size = 0
    for file in files:
        if not groups or len(groups[-1]) >= BATCH_FILES or size + file.size > BATCH_BYTES:
            groups.append([])
            size = 0
        groups[-1].append(file)
        size += file.size
    return groups


async def fetch_none(sha256s: Collection[str]) -> Mapping[str, bytes]:
    """Where files can only be fetched one by one."""
    return {}


def _is_stored(path: Path, size: int) -> bool:
    with suppress(OSError):
        return path.stat().st_size == size
    return False


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _time_of(sha256: str) -> int:
    """Seconds in 2001 to 2033, by content."""
    return 1_000_000_000 + int(sha256[:15], 16) % 1_000_000_000
