"""Tells Envoy where its certificates are, again whenever a file changes.

Envoy gets links to the files, never copies, so keys stay where they are. A new pair has new links:
Envoy reads files again only under other paths. A pair that is replaced one file after the other is
not valid in between; until it is, Envoy keeps the one from before.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import shutil
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from routing.agent.base.edge_folder import write_or_overwrite
from routing.agent.certificates.files import (
    Certificate,
    CertificateFiles,
    CertificateInvalid,
    days_left,
    in_folder,
    read_certificate,
)
from routing.compile import names
from routing.compile.envoy.tls import secret_document

log = logging.getLogger("edge")

EVERY_SECONDS = 2.0
SPARE = 16
"""Files for certificates that are added while Envoy runs."""
_EXPIRES_SOON_DAYS = 7
_LINKS = "xds/tls"


@dataclass(frozen=True, slots=True)
class CertificateSources:
    """`main` is for clients that ask for no name, or one that no certificate has. Without it that
    is the first one in the folder."""

    main: CertificateFiles | None = None
    folder: Path | None = None

    def __bool__(self) -> bool:
        return bool(self.main or self.folder)

    def files(self) -> list[CertificateFiles]:
        """Raises `CertificateInvalid`."""
        try:
            more = in_folder(self.folder) if self.folder else []
        except OSError as error:
            raise CertificateInvalid(f"{self.folder}: {error.strerror}") from error
        return ([self.main] if self.main else []) + more

    def check(self) -> None:
        """Raises `CertificateInvalid` if an edge could not start with these."""
        if self:
            self.first()

    def first(self) -> Certificate:
        """Raises `CertificateInvalid`."""
        files = self.files()
        if not files:
            raise CertificateInvalid(f"{self.folder}: no certificate with its key")
        return read_certificate(files[0])


class CertificateProvider:
    """`root` is the edge's folder."""

    def __init__(self, sources: CertificateSources, root: Path = Path()) -> None:
        self._sources, self._root = sources, root
        self._served: list[Certificate] = []
        self._stamps: Sequence[object] = ()
        self._problems: set[str] = set()
        #: How many secret files Envoy has, or None before `start`.
        self.slots = 0

    def start(self) -> None:
        """Writes the secret files for an Envoy that starts. Raises `CertificateInvalid`."""
        self._served, files = [self._sources.first()], self._sources.files()
        self._served += self._valid(files[1:])
        self.slots = slots(len(files))
        shutil.rmtree(self._root / _LINKS, ignore_errors=True)
        self._write([])
        self._stamps = self._look()

    def refresh(self) -> bool:
        """Reads files that have changed; returns whether Envoy gets others."""
        stamps = self._look()
        if stamps == self._stamps:
            return False
        try:
            fresh = self._valid(self._sources.files())
        except CertificateInvalid as error:
            self._complain(str(error))
            return False
        before = self._served
        if not fresh or self._is_incomplete(fresh):
            return False  # again at the next look
        self._stamps = stamps
        if [one.digest for one in fresh] == [one.digest for one in before]:
            return False
        self._served = fresh
        self._write(before)
        log.info("the public listener has %d certificates", len(fresh))
        return True

    async def run(self) -> None:
        """Refreshes until it is cancelled."""
        while True:
            await asyncio.sleep(EVERY_SECONDS)
            await asyncio.to_thread(self._refresh_safely)

    def _refresh_safely(self) -> None:
        try:
            self.refresh()
        except OSError as error:
            self._complain(f"certificates: {error}")
        for path, days in days_left(self._served, time.time()).items():
            if days < _EXPIRES_SOON_DAYS:
                self._complain(f"{path}: expires in {max(days, 0):.0f} days")

    def _is_incomplete(self, fresh: list[Certificate]) -> bool:
        """Is the main certificate, or one that Envoy has, being replaced at the moment?"""
        valid = {one.files for one in fresh}
        with suppress(CertificateInvalid):
            present = self._sources.files()
            return any(one.files in present and one.files not in valid for one in self._served)
        return True

    def _valid(self, files: Sequence[CertificateFiles]) -> list[Certificate]:
        found = []
        for pair in files:
            try:
                found.append(read_certificate(pair))
            except CertificateInvalid as error:
                self._complain(str(error))
        return found

    def _complain(self, problem: str) -> None:
        """Once for each problem."""
        if problem not in self._problems:
            self._problems.add(problem)
            log.error("%s", problem)

    def _look(self) -> Sequence[object]:
        """What changes with the files."""
        stamps: list[object] = []
        with suppress(CertificateInvalid):
            for pair in self._sources.files():
                for path in (pair.certificate, pair.key):
                    with suppress(OSError):
                        at = path.stat()
                        stamps.append((path, at.st_ino, at.st_mtime_ns, at.st_size))
        return stamps

    def _write(self, before: Sequence[Certificate]) -> None:
        """All secret files that differ; unused ones have the first certificate."""
        if len(self._served) > self.slots:
            self._complain(
                f"{len(self._served)} certificates; Envoy has room for {self.slots} until this "
                "edge restarts"
            )
        for number in range(self.slots):
            one = _at(self._served, number)
            if before and _at(before, number) == one:
                continue
            paths = [str(path) for path in self._link(one)]
            document = json.dumps(secret_document(number, *paths)).encode()
            write_or_overwrite(self._root / names.secret_file(number), document)

    def _link(self, one: Certificate) -> tuple[Path, Path]:
        """Paths relative to the edge's folder, where Envoy runs."""
        folder = Path(_LINKS) / one.digest
        (self._root / folder).mkdir(parents=True, exist_ok=True, mode=0o700)
        paths = folder / "certificate.pem", folder / "key.pem"
        for link, target in zip(paths, (one.files.certificate, one.files.key), strict=True):
            with suppress(FileExistsError):
                os.symlink(target.absolute(), self._root / link)
        return paths


def slots(certificates: int) -> int:
    """How many secret files Envoy gets: a multiple of `SPARE`, with some to spare."""
    return (certificates // SPARE + 1) * SPARE


def _at(certificates: Sequence[Certificate], number: int) -> Certificate:
    return certificates[number] if number < len(certificates) else certificates[0]
