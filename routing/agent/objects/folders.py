"""The folders with the data of Durable Objects: `objects/<namespace>/<object id>.sqlite`.

All versions that implement a namespace use its folder, each as a user of its own, so each folder
has a group that only their processes are in.
"""

from __future__ import annotations

import logging
import os
import random
import shutil
import stat
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from routing.agent.users.isolation import NOBODY, Isolation, Kind
from routing.compile import names
from routing.snapshot import VersionSpec

log = logging.getLogger("edge")

_SHARED = 0o2770
_FILE = 0o660
_LISTED = 0o2750
"""Of the folder of folders. Its names are all that other versions can see: workerd opens it."""


class ObjectFolders:
    """Relative to the edge's folder."""

    def __init__(self, isolation: Isolation, root: Path = Path(names.OBJECTS_FOLDER)) -> None:
        self._isolation, self._root = isolation, root

    def groups(self, version: VersionSpec) -> tuple[int, ...]:
        """Makes the version's folders. Returns the groups its process must be in. Raises
        `OSError`."""
        found = [self._prepare(of.namespace) for of in version.objects]
        self.admit_group(of.namespace for of in version.objects)
        return tuple(sorted({group for group in found if group is not None}))

    def admit_group(self, namespaces: Iterable[str]) -> None:
        """Lets the next process write what others have created: SQLite creates files that only
        their owner can write. Raises `OSError`."""
        if self._isolation.kind is not Kind.own:
            return
        for namespace in namespaces:
            for entry in os.scandir(self._root / namespace):
                with suppress(FileNotFoundError):  # SQLite has removed it meanwhile
                    if not entry.stat(follow_symlinks=False).st_mode & stat.S_IWGRP:
                        _share(entry.path)

    def delete(self, namespace: str) -> None:
        """With all objects. Does nothing if there is no such folder."""
        if (self._root / namespace).exists():
            shutil.rmtree(self._root / namespace)
            log.info("the Durable Objects of namespace %s are deleted", namespace)

    def namespaces(self) -> set[str]:
        """Those with a folder."""
        with suppress(OSError):
            return {entry.name for entry in self._root.iterdir() if entry.is_dir()}
        return set()

    def ids(self, namespace: str) -> list[str]:
        """Of objects that have stored something."""
        with suppress(OSError):
            files = (self._root / namespace).glob("?" * 64 + ".sqlite")
            return sorted(file.stem for file in files)
        return []

    def usage(self) -> dict[str, dict[str, int]]:
        """By namespace: {"objects", "bytes"}."""
        return {name: self._usage(name) for name in sorted(self.namespaces())}

    def _usage(self, namespace: str) -> dict[str, int]:
        total = objects = 0
        with suppress(OSError), os.scandir(self._root / namespace) as entries:
            for entry in entries:
                is_object = not entry.name.startswith("metadata.")
                objects += is_object and entry.name.endswith(".sqlite")
                with suppress(OSError):
                    total += entry.stat(follow_symlinks=False).st_size if is_object else 0
        return {"objects": objects, "bytes": total}

    def _prepare(self, namespace: str) -> int | None:
        self._make_root()
        folder = self._root / namespace
        is_new = not folder.exists()
        folder.mkdir(mode=0o700, exist_ok=True)
        if self._isolation.kind is Kind.agent:
            return None
        group = folder.stat().st_gid
        if is_new or not self._is_usable(group):
            group = self._new_group()
            _give(folder, group)
        return group

    def _make_root(self) -> None:
        self._root.mkdir(mode=0o700, exist_ok=True)
        if self._isolation.group is not None:
            os.chown(self._root, -1, self._isolation.group)
            self._root.chmod(_LISTED)

    def _is_usable(self, group: int) -> bool:
        """Another range of ids may be configured since the folder was made."""
        if self._isolation.kind is Kind.shared:
            return group == NOBODY
        return group in self._isolation.uids

    def _new_group(self) -> int:
        """One that no other namespace of this edge has."""
        if self._isolation.kind is Kind.shared:
            return NOBODY
        used = {(self._root / name).stat().st_gid for name in self.namespaces()}
        free = [group for group in self._isolation.uids if group not in used]
        if not free:
            raise OSError("every group id belongs to a namespace of Durable Objects")
        return random.SystemRandom().choice(free)


def _give(folder: Path, group: int) -> None:
    for path in folder.iterdir():
        _share(path, group)
    os.chown(folder, -1, group)
    folder.chmod(_SHARED)


def _share(path: str | Path, group: int | None = None) -> None:
    """Lets the group write a file, and gives it to `group`. Processes of versions can put links in
    the folder, which must not lead the agent to a file elsewhere. Raises `OSError`."""
    descriptor = os.open(path, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode) or status.st_nlink != 1:
            return
        same_file = f"/proc/self/fd/{descriptor}"
        if group is not None:
            os.chown(same_file, -1, group)
        os.chmod(same_file, _FILE)
    finally:
        os.close(descriptor)
