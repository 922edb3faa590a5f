"""Takes log entries from version processes and stores them on disk until they are shipped.

On disk, so that they survive a stop or kill of the agent; limited, so that an unavailable control
plane costs only that much disk.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from routing.agent.base.unix_http_server import Request, Response
from routing.agent.state.state import Process
from routing.agent.users.peers import Peer
from routing.agent.worker_logs.detail import Source, detail
from routing.agent.worker_logs.rate_level import DetailRateLimit
from routing.agent.worker_logs.redact import Masks
from routing.compile import names
from routing.snapshot import Secret, Snapshot

log = logging.getLogger("edge")

Processes = Callable[[], Mapping[str, Process]]
Clock = Callable[[], float]
IsVersionPeer = Callable[[str, Peer | None], bool]
_LEVEL = b"x-edge-level"
_CONSUMERS = b"x-edge-consumers"


@dataclass(slots=True)
class WorkerLogCounts:
    """Since the agent started. `dropped` were lost for lack of room; `skipped` were never
    requested, because the edge is busy; `unread` were malformed; `forged` are batches that one
    version's process sent for another."""

    taken: int = 0
    dropped: int = 0
    skipped: int = 0
    unread: int = 0
    forged: int = 0


class WorkerLogCollector:
    """Answers `POST /tail`. `watched` are Workers that someone is viewing."""

    def __init__(
        self,
        file: Path,
        processes: Processes,
        is_version_peer: IsVersionPeer,
        clock: Clock,
        per_second: int,
    ) -> None:
        self._path, self._processes, self._clock = file, processes, clock
        self._is_version_peer = is_version_peer
        self._rate_limit = DetailRateLimit(per_second)
        self._sources: dict[str, Source] = {}
        self._stored: Callable[[str], Mapping[str, Secret | None]] = lambda version_id: {}
        self._boot, self._number = uuid.uuid4().hex[:12], 0
        self._file: BinaryIO | None = None
        self.watched: frozenset[str] = frozenset()
        #: Tail Workers, by the Worker whose events they get.
        self.consumers: Mapping[str, tuple[str, ...]] = {}
        self.counts = WorkerLogCounts()

    def answer(self, request: Request) -> Response:
        """The log level, and the Worker's Tail Workers, as headers; 404 for an unknown version,
        403 if another process sent it."""
        version_id = _header(request, b"x-edge-version")
        source = self._source(version_id)
        if source is None:
            return Response(404)
        if not self._is_version_peer(version_id, request.peer):
            return self._forged(version_id, request.peer)
        self.counts.dropped += _number(request, b"x-edge-dropped")
        self.counts.skipped += _number(request, b"x-edge-skipped")
        watched = source.worker in self.watched
        self._take(request.body, source, watched)
        level = self._rate_limit.level(self._clock(), watched=watched)
        consumers = ",".join(self.consumers.get(source.worker, ()))
        return Response(204, ((_LEVEL, level.encode()), (_CONSUMERS, consumers.encode())))

    def update_snapshot(self, applied: Snapshot) -> None:
        """Tail Workers that run here."""
        here = {worker.name for worker in applied.workers}
        self.consumers = {
            worker.name: tuple(name for name in worker.tail_consumers if name in here)
            for worker in applied.workers
            if worker.tail_consumers
        }

    def update_secrets(self, stored: Callable[[str], Mapping[str, Secret | None]]) -> None:
        """`stored` gives the current values of a version's stored secrets."""
        self._stored = stored
        self._sources.clear()

    def reopen(self) -> None:
        """The file was rotated."""
        if self._file is not None:
            self._file.close()
        self._file = None

    def _forged(self, version_id: str, peer: Peer | None) -> Response:
        """Logged at each doubling: a hostile process must not fill the disk."""
        self.counts.forged += 1
        if self.counts.forged & (self.counts.forged - 1) == 0:
            text = "%d batches refused: %s spoke in the name of version %s"
            log.warning(text, self.counts.forged, peer, version_id)
        return Response(403)

    def _take(self, body: bytes, source: Source, watched: bool) -> None:
        """Stops parsing when there is no room: the same loop decides overrides."""
        lines: list[bytes] = []
        given = [raw for raw in body.split(b"\n") if raw]
        for number, raw in enumerate(given):
            if self._rate_limit.is_full(self._clock()):
                left = len(given) - number
                self._rate_limit.takes(self._clock(), left)
                self.counts.dropped += left
                break
            found = self._read(raw, source, watched)
            if found is None or not (watched or found["keep"]):
                continue
            self._rate_limit.takes(self._clock())
            lines.append(msgspec.json.encode(found))
        self._write(lines)

    def _read(self, raw: bytes, source: Source, watched: bool) -> dict[str, Any] | None:
        self._number += 1
        try:
            item_id = f"{self._boot}-{self._number}"
            return detail(raw, source, item_id=item_id, watched=watched)
        except (ValueError, TypeError, AttributeError):
            self.counts.unread += 1
            return None

    def _write(self, lines: list[bytes]) -> None:
        if not lines:
            return
        try:
            if self._file is None:
                self._file = self._path.open("ab", buffering=0)
            self._file.write(b"\n".join(lines) + b"\n")
            self.counts.taken += len(lines)
        except OSError as error:
            log.error("%s cannot be written: %s", self._path, error.strerror)
            self.counts.dropped += len(lines)

    def _source(self, version_id: str) -> Source | None:
        known = self._sources.get(version_id)
        if known is not None:
            return known
        process = self._processes().get(version_id)
        if process is None:
            return None
        secrets = [(b.name, b.secret) for b in process.version.bindings if b.secret]
        secrets += [(n, s) for n, s in self._stored(version_id).items() if s]
        if len(self._sources) > 4 * names.SLOTS * max(8, len(self._processes())):
            self._sources.clear()
        self._sources[version_id] = Source(
            process.worker, version_id, Masks((n, s.reveal()) for n, s in secrets)
        )
        return self._sources[version_id]


def _header(request: Request, name: bytes) -> str:
    return b"".join(request.lines(name)[:1]).decode("latin-1")


def _number(request: Request, name: bytes) -> int:
    text = _header(request, name)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 12 else 0
