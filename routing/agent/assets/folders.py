"""Builds a folder of static assets for each version, and deletes it when it is not needed.

assets/files/<sha256>   content, stored once
assets/<version id>/    hard links to it, by path
assets/<version id>.json  the manifest, and the paths borrowed from other versions
"""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import shutil
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

import msgspec

from routing.agent.assets.file_store import FetchMany, FileStore, fetch_none
from routing.agent.assets.neighbors import borrowed
from routing.agent.control_plane.content import ContentMissing, Fetch, fetch_checked, not_stored
from routing.asset_manifest import StoredFile, decode
from routing.compile import names
from routing.snapshot import VersionSpec, WorkerSpec

log = logging.getLogger("edge")

_BATCH = 200
"""Files that are deleted before other tasks get their turn."""


class _Note(msgspec.Struct):
    """What a folder contains: its manifest's hash, and the paths borrowed from other versions."""

    manifest: str
    files: dict[str, tuple[str, int]]
    borrowed: list[str] = []


class AssetFolders:
    def __init__(
        self, fetch: Fetch, path: Path = Path(names.ASSETS), fetch_many: FetchMany = fetch_none
    ) -> None:
        self._fetch, self._path = fetch, path
        self._files = path / "files"
        self._store = FileStore(fetch, fetch_many, self._files)
        self._locks: dict[str, asyncio.Lock] = {}
        #: The deployments whose versions serve each other's files, by Worker.
        self._deployed: dict[str, list[VersionSpec]] = {}
        self._sharing = asyncio.Lock()

    async def prepare(self, version: VersionSpec) -> None:
        """Builds the version's folder unless it is complete. Raises `ContentMissing`."""
        if version.assets is None:
            return
        async with self._locks.setdefault(version.id, asyncio.Lock()):
            if self._note(version) is not None:
                return
            raw = await fetch_checked(self._fetch, "asset", version.assets.manifest)
            try:
                files = decode(raw)
            except ValueError as error:
                raise ContentMissing(f"the asset manifest cannot be read: {error}") from error
            await self._store.fetch_missing(files.values())
            await asyncio.to_thread(self._build, version, files)
        for versions in tuple(self._deployed.values()):  # a cold version is built after `share`
            if any(deployed.id == version.id for deployed in versions):
                await self._share_all(versions)

    async def share(self, workers: Iterable[WorkerSpec]) -> None:
        """Makes the versions of each deployment serve each other's files. `workers` are all."""
        before = {name: _ids(versions) for name, versions in self._deployed.items()}
        self._deployed = {
            worker.name: versions
            for worker in workers
            if (versions := [v for v in worker.versions if v.assets is not None])
        }
        for name, versions in self._deployed.items():
            if before.get(name) != _ids(versions):
                await self._share_all(versions)

    async def _share_all(self, versions: list[VersionSpec]) -> None:
        async with self._sharing:
            await asyncio.to_thread(self._share, versions)

    async def evict(self, versions: Iterable[VersionSpec]) -> None:
        """Deletes the folders of all other versions, and content that no folder links to."""
        kept = {self._files.name, *(version.id for version in versions if version.assets)}
        if not self._path.is_dir():
            return
        others = [entry for entry in self._path.iterdir() if entry.stem not in kept]
        folders = [folder for entry in others if (folder := self._set_aside(entry)) is not None]
        for folder in folders:
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
        if folders:
            await self._evict_files()

    def _set_aside(self, entry: Path) -> Path | None:
        """At once, because the version may be deployed again while its folder is deleted. Returns
        the folder to delete."""
        lock = self._locks.get(entry.stem)
        if lock is not None and lock.locked():
            return None
        self._locks.pop(entry.stem, None)
        if not entry.is_dir():
            entry.unlink(missing_ok=True)
            return None
        return entry if entry.suffix else entry.rename(f"{entry}.{secrets.token_hex(4)}")

    async def _evict_files(self) -> None:
        """A file with one link is in no folder. While a folder is being built its files may be in
        none yet."""
        unused = await asyncio.to_thread(_unlinked, self._files)
        for start in range(0, len(unused), _BATCH):
            if any(lock.locked() for lock in self._locks.values()):
                return
            for file in unused[start : start + _BATCH]:
                if _is_unlinked(file):
                    file.unlink()
            await asyncio.sleep(0)

    def _note(self, version: VersionSpec) -> _Note | None:
        """None if the folder is not complete."""
        try:
            note = msgspec.json.decode((self._note_path(version)).read_bytes(), type=_Note)
        except (OSError, ValueError):
            return None
        assert version.assets is not None
        is_complete = note.manifest == version.assets.manifest
        return note if is_complete and self._folder(version).is_dir() else None

    def _note_path(self, version: VersionSpec) -> Path:
        return self._path / f"{version.id}.json"

    def _folder(self, version: VersionSpec) -> Path:
        return self._path / version.id

    def _build(self, version: VersionSpec, files: Mapping[str, StoredFile]) -> None:
        assert version.assets is not None
        folder = self._folder(version)
        try:
            self._path.mkdir(exist_ok=True)
            self._path.chmod(0o755)
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            folder.chmod(0o755)
            for path, file in files.items():
                self._link(folder, path, file)
            listed = {path: (file.sha256, file.size) for path, file in files.items()}
            self._save(version, _Note(version.assets.manifest, listed))
        except OSError as error:
            raise not_stored("static assets", error) from error

    def _link(self, folder: Path, path: str, file: StoredFile) -> None:
        target = folder / path[1:]
        for parent in reversed(target.relative_to(folder).parents[:-1]):
            with suppress(FileExistsError):
                (folder / parent).mkdir()
                (folder / parent).chmod(0o755)
        with suppress(FileExistsError):
            os.link(self._files / file.sha256, target)

    def _save(self, version: VersionSpec, note: _Note) -> None:
        temporary = self._path / f"{version.id}.tmp"
        temporary.write_bytes(msgspec.json.encode(note))
        temporary.rename(self._note_path(version))

    def _share(self, versions: list[VersionSpec]) -> None:
        """A file that cannot be linked is served by its own version only."""
        notes = {v.id: note for v in versions if (note := self._note(v)) is not None}
        files = {key: _files(note) for key, note in notes.items()}
        for version in versions:
            if (note := notes.get(version.id)) is None:
                continue
            others = [files[key] for key in notes if key != version.id]
            lent = borrowed(files[version.id], others)
            folder = self._folder(version)
            try:
                for path in set(note.borrowed) - lent.keys():
                    (folder / path[1:]).unlink(missing_ok=True)
                for path, file in lent.items():
                    self._link(folder, path, file)
                if sorted(lent) != note.borrowed:
                    self._save(version, msgspec.structs.replace(note, borrowed=sorted(lent)))
            except OSError as error:
                log.warning("assets of version %s cannot be shared: %s", version.id, error)


def _ids(versions: Iterable[VersionSpec]) -> list[str]:
    return [version.id for version in versions]


def _unlinked(folder: Path) -> list[Path]:
    return [file for file in folder.iterdir() if _is_unlinked(file)]


def _is_unlinked(file: Path) -> bool:
    try:
        return file.stat().st_nlink == 1
    except FileNotFoundError:
        return False


def _files(note: _Note) -> dict[str, StoredFile]:
    return {path: StoredFile(*row) for path, row in note.files.items()}
