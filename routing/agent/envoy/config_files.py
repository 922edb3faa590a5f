"""Envoy's three files: replaced by rename, then watched until Envoy says that it has them."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from routing.agent.base import edge_folder
from routing.agent.envoy.admin_client import Admin, Away
from routing.compile import names
from routing.compile.envoy import config

log = logging.getLogger("edge")

POLL_SECONDS = 0.002
CONFIRM_SECONDS = 30.0
_LARGE = 100_000

Resources = list[dict[str, Any]]
T = TypeVar("T")
P = ParamSpec("P")


class Unwritable(Exception):
    """A file cannot be written; Envoy goes on with the one before. The message says why."""


class Rejected(Exception):
    """A file that Envoy refused, or that must not be shown to it. The one before is in place."""


@dataclass(frozen=True, slots=True)
class _Content:
    version: str
    resources: Resources
    raw: bytes


class Files:
    """The last good content of each file, on disk whenever Envoy starts."""

    def __init__(self, admin: Admin) -> None:
        self._admin = admin
        self._good: dict[str, _Content] = {}
        self._count = 0

    def put(self, path: str, resources: Resources, revision: int) -> bool:
        """Content for the next start of Envoy, assumed to be good. False on a full disk, where
        Envoy starts with the file that is there. Raises `Unwritable` if there is none."""
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
        """The last good content again, whatever was tried since. With a full disk what is there
        has to do."""
        for path, content in self._good.items():
            with contextlib.suppress(OSError):
                if _read(path) != content.raw:
                    edge_folder.write(path, content.raw)

    async def adopt(self) -> None:
        """The files on disk are those of the Envoy that runs: those it has taken are good. Raises
        `Away`."""
        for path in names.STATS:
            content = _file_content(path)
            if content is None:
                continue
            self._count = max(self._count, _count(content.version))
            if (await self._said(path))[0] == content.version:
                self._good[path] = content

    def versions(self) -> set[str]:
        """The ids of the versions that Envoy reaches by the last good content."""
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

        Raises `Rejected`, `Unwritable` or `Away`; then the last good content is in place.
        """
        good = self._good.get(path)
        if good is not None and good.resources == resources:
            return
        large = good is not None and len(good.raw) > _LARGE
        make = self._content
        content = await aside(large, make, resources, revision)
        refusals = (await self._said(path))[1]
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
        with contextlib.suppress(Away):
            said = await self._admin.stats(r"version_text$")
            return all(
                said.get(f"{names.STATS[path]}.version_text") == content.version
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
            running, refused = await self._said(path)
            if running == version:
                return
            if refused > refusals:
                raise Rejected(f"Envoy refused {path}")
            # A busy Envoy answers late; asking it less often lets it get on.
            await asyncio.sleep(max(POLL_SECONDS, loop.time() - asked))
        raise Away(f"Envoy has not taken {path} after {CONFIRM_SECONDS:.0f} s")

    async def _said(self, path: str) -> tuple[str, int]:
        prefix = names.STATS[path]
        counted = ("update_rejected", "update_failure")
        wanted = "|".join(("version_text", *counted))
        said = await self._admin.stats(rf"^{re.escape(prefix)}\.({wanted})$")
        refused = sum(int(said.get(f"{prefix}.{name}", "0")) for name in counted)
        return said.get(f"{prefix}.version_text", ""), refused


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
    """Of `<revision>.<count>`; versions are never used again while Envoy lives."""
    count = version.rpartition(".")[2]
    return int(count) if count.isascii() and count.isdigit() else 0


async def aside(large: bool, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Large work goes to a thread, so that overrides are answered meanwhile."""
    return await asyncio.to_thread(work, *args, **kwargs) if large else work(*args, **kwargs)
