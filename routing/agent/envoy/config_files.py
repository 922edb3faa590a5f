"""Envoy's three dynamic files: replaced by rename, then polled until Envoy confirms them."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from routing.agent.base import edge_folder
from routing.agent.base.tasks import in_thread_if
from routing.agent.envoy.admin_client import Admin, EnvoyUnavailable
from routing.compile import names
from routing.compile.envoy import config

log = logging.getLogger("edge")

POLL_SECONDS = 0.002
CONFIRM_SECONDS = 30.0
_LARGE = 100_000

Resources = list[dict[str, Any]]


class Unwritable(Exception):
    """A file cannot be written; Envoy keeps the one before."""


class Rejected(Exception):
    """Envoy rejected a file, or it is invalid; the one before is in place."""


@dataclass(frozen=True, slots=True)
class _Content:
    version: str
    resources: Resources
    raw: bytes


class XdsFiles:
    """Remembers the last good content of each file."""

    def __init__(self, admin: Admin) -> None:
        self._admin = admin
        self._good: dict[str, _Content] = {}
        self._count = 0

    def put(self, path: str, resources: Resources, revision: int) -> bool:
        """Content for the next start of Envoy, assumed to be good. False on a full disk, where
        Envoy starts with the existing file. Raises `Unwritable` if there is none."""
        content = self._content(resources, revision)
        try:
            edge_folder.write_or_overwrite(path, content.raw)
        except OSError as error:
            on_disk = _file_content(path)
            if on_disk is None:
                raise Unwritable(f"{path} cannot be written: {error.strerror}") from error
            log.error("Envoy starts with an older %s: %s", path, error.strerror)
            self._count = max(self._count, _count(on_disk.version))
            self._good[path] = on_disk
            return False
        self._good[path] = content
        return True

    def restore(self) -> None:
        """Writes the last good content again. On a full disk the existing files have to do."""
        for path, content in self._good.items():
            with contextlib.suppress(OSError):
                if _read(path) != content.raw:
                    edge_folder.write(path, content.raw)

    async def adopt(self) -> None:
        """The files on disk belong to a running Envoy: those it has loaded are good. Raises
        `EnvoyUnavailable`."""
        for path in names.STATS:
            content = _file_content(path)
            if content is None:
                continue
            self._count = max(self._count, _count(content.version))
            if (await self._status(path))[0] == content.version:
                self._good[path] = content

    def versions(self) -> set[str]:
        """Ids of the versions in the last good clusters."""
        content = self._good.get(names.CLUSTERS)
        listed = content.resources if content else []
        return {names.parse_cluster(resource["name"])[0] for resource in listed}

    def revision(self) -> int:
        """Of the last good public routes; 0 for none."""
        content = self._good.get(names.PUBLIC_ROUTES)
        revision = content.version.partition(".")[0] if content else ""
        return int(revision) if revision.isascii() and revision.isdigit() else 0

    async def replace(self, path: str, resources: Resources, revision: int) -> None:
        """Returns once Envoy runs these resources; at once if it already does.

        Raises `Rejected`, `Unwritable` or `EnvoyUnavailable`; then the last good content is in
        place.
        """
        good = self._good.get(path)
        if good is not None and good.resources == resources:
            return
        large = good is not None and len(good.raw) > _LARGE
        make = self._content
        content = await in_thread_if(large, make, resources, revision)
        refusals = (await self._status(path))[1]
        try:
            edge_folder.write(path, content.raw)
        except OSError as error:
            raise Unwritable(f"{path} cannot be written: {error.strerror}") from error
        try:
            await self._confirmed(path, content.version, refusals)
        except BaseException:
            if good is not None:
                edge_folder.write(path, good.raw)
            raise
        self._good[path] = content

    async def running(self) -> bool:
        """Does Envoy run the last good content of all files?"""
        with contextlib.suppress(EnvoyUnavailable):
            stats = await self._admin.stats(r"version_text$")
            return all(
                stats.get(f"{names.STATS[path]}.version_text") == content.version
                for path, content in self._good.items()
            )
        return False

    def _content(self, resources: Resources, revision: int) -> _Content:
        self._count += 1
        version = f"{revision}.{self._count}"
        return _Content(version, resources, config.discovery(version, resources))

    async def _confirmed(self, path: str, version: str, refusals: int) -> None:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + CONFIRM_SECONDS
        while loop.time() < deadline:
            asked = loop.time()
            running, refused = await self._status(path)
            if running == version:
                return
            if refused > refusals:
                raise Rejected(f"Envoy rejected {path}")
            # Poll a busy Envoy less often.
            await asyncio.sleep(max(POLL_SECONDS, loop.time() - asked))
        raise EnvoyUnavailable(f"Envoy has not loaded {path} after {CONFIRM_SECONDS:.0f} s")

    async def _status(self, path: str) -> tuple[str, int]:
        prefix = names.STATS[path]
        counted = ("update_rejected", "update_failure")
        wanted = "|".join(("version_text", *counted))
        stats = await self._admin.stats(rf"^{re.escape(prefix)}\.({wanted})$")
        refused = sum(int(stats.get(f"{prefix}.{name}", "0")) for name in counted)
        return stats.get(f"{prefix}.version_text", ""), refused


def _read(path: str) -> bytes | None:
    with contextlib.suppress(FileNotFoundError):
        return Path(path).read_bytes()
    return None


def _file_content(path: str) -> _Content | None:
    try:
        raw = Path(path).read_bytes()
        found = json.loads(raw)
        return _Content(found["version_info"], found["resources"], raw)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _count(version: str) -> int:
    """Of `<revision>.<count>`, which is never reused while Envoy lives."""
    count = version.rpartition(".")[2]
    return int(count) if count.isascii() and count.isdigit() else 0
