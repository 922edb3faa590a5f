"""Ships log entries to the control plane, at least once, with a limit on disk use."""

from __future__ import annotations

import asyncio
import logging
import random
import uuid
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec

from routing.agent.access_log.log_file import LogFile, Piece
from routing.agent.base import edge_folder
from routing.agent.base.backoff import Backoff, jittered
from routing.agent.base.log_position import START, Position
from routing.agent.control_plane.client import ControlPlaneUnavailable
from routing.agent.worker_logs.collector import WorkerLogCollector

log = logging.getLogger("edge")

FILE = Path("log/tail.log")
POSITION_FILE = Path("shipped-tail.json")
LOOK_SECONDS = 0.05
_READ_BYTES = 512 * 1024
_ROTATE_BYTES = 4 << 20
_KEEP_SECONDS = 0.5

Send = Callable[[bytes], Awaitable[None]]


class WorkerLogShipper:
    """Run `ship` and `limit_size` as tasks."""

    def __init__(self, *, tails: WorkerLogCollector, send: Send, limit_bytes: int) -> None:
        self._worker_logs, self._send, self._limit = tails, send, limit_bytes
        self._file = LogFile(FILE, _place())
        self._boot, self._batches, self._said = uuid.uuid4().hex[:12], 0, 0

    def pending_bytes(self) -> int:
        return self._file.pending()

    async def ship(self) -> None:
        while True:
            if not await self.ship_once():
                await asyncio.sleep(LOOK_SECONDS)

    async def ship_once(self) -> bool:
        """Sends one batch; False if there was nothing to read."""
        piece = self._file.read(_READ_BYTES)
        self._worker_logs.counts.dropped += piece.broken
        if piece.end == self._file.position:
            return False
        if piece.lines:
            await self._deliver(piece)
        self._file.commit(piece.end)
        try:
            edge_folder.write(POSITION_FILE, msgspec.json.encode(piece.end))
        except OSError as error:
            log.error("%s cannot be written: %s", POSITION_FILE, error.strerror)
        return True

    async def limit_size(self) -> None:
        """Rotates a file that has grown and drops the oldest beyond the limit."""
        while True:
            if self._file.size() > _ROTATE_BYTES and self._file.rotate():
                self._worker_logs.reopen()
            while self.pending_bytes() > self._limit:
                lost = self._file.drop_oldest()
                if lost is None:
                    break
                self._worker_logs.counts.dropped += lost
                log.warning("details of %d requests were dropped", lost)
            await asyncio.sleep(_KEEP_SECONDS)

    async def _deliver(self, piece: Piece) -> None:
        """Retries until the batch is accepted. A batch that the control plane rejects is lost, and
        counted."""
        self._batches += 1
        dropped = self._worker_logs.counts.dropped
        name, new = f"{self._boot}-{self._batches}", dropped - self._said
        head = f'{{"batch":"{name}","dropped":{new},"rows":['
        body = head.encode() + b",".join(piece.lines) + b"]}"
        self._said = dropped
        backoff = Backoff(first=0.1, most=5.0)
        while True:
            try:
                await self._send(body)
                return
            except ControlPlaneUnavailable as error:
                if error.refused:
                    log.error("the control plane rejected details: %s", error)
                    self._worker_logs.counts.dropped += len(piece.lines)
                    return
            await asyncio.sleep(jittered(backoff.failed(), random.random()))


def _place() -> Position:
    try:
        return msgspec.json.decode(POSITION_FILE.read_bytes(), type=tuple[int, int, int])
    except (FileNotFoundError, ValueError):
        return START
