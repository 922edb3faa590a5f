"""Caches modules on disk by hash: fetched once, verified at every read."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Iterable
from pathlib import Path

from routing.agent.base import edge_folder
from routing.agent.control_plane.content import Fetch, fetch_checked, not_stored
from routing.snapshot import VersionSpec

log = logging.getLogger("edge")

_AT_ONCE = 4


class ModuleCache:
    def __init__(self, fetch: Fetch, path: Path = Path("modules")) -> None:
        self._fetch, self._path = fetch, path
        self._places = asyncio.Semaphore(_AT_ONCE)
        self._under_way: dict[str, asyncio.Lock] = {}

    async def of(self, version: VersionSpec) -> dict[str, bytes]:
        """The version's modules by hash. Raises `ContentMissing`."""
        hashes = sorted({module.sha256 for module in version.modules})
        return {sha256: await self._get(sha256) for sha256 in hashes}

    async def _get(self, sha256: str) -> bytes:
        lock = self._under_way.setdefault(sha256, asyncio.Lock())
        try:
            async with lock:
                content = await asyncio.to_thread(self._read, sha256)
                return await self._fetched(sha256) if content is None else content
        finally:
            self._under_way.pop(sha256, None)

    async def _fetched(self, sha256: str) -> bytes:
        async with self._places:
            content = await fetch_checked(self._fetch, "module", sha256)
        await asyncio.to_thread(self._write, sha256, content)
        return content

    async def evict(self, versions: Iterable[VersionSpec]) -> None:
        """Deletes modules that none of the versions needs."""
        kept = {module.sha256 for version in versions for module in version.modules}
        for path in self._path.iterdir():
            sha256 = path.name.removesuffix(".tmp")  # a fetch in progress
            needed = sha256 in kept or sha256 in self._under_way
            if not needed and not path.is_dir():
                path.unlink(missing_ok=True)

    def _read(self, sha256: str) -> bytes | None:
        path = self._path / sha256
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            return None
        if hashlib.sha256(content).hexdigest() == sha256:
            return content
        log.warning("module %s is damaged on disk; fetching it again", sha256)
        path.unlink(missing_ok=True)
        return None

    def _write(self, sha256: str, content: bytes) -> None:
        try:
            edge_folder.write(self._path / sha256, content, durable=True)
        except OSError as error:
            raise not_stored(f"module {sha256}", error) from error
