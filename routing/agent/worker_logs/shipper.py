"""Ships details (`tailitems`) to the control plane: at least once, and never without limit."""

from __future__ import annotations

import asyncio
import logging
import random
import uuid
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec

from routing.agent.access_log.log_file import START, LogFile, Piece, Place
from routing.agent.base import edge_folder
from routing.agent.base.backoff import Backoff, jittered
from routing.agent.control_plane.client import ControlAway
from routing.agent.worker_logs.collector import Tails

log = logging.getLogger("edge")

FILE = Path("log/tail.log")
PLACE = Path("shipped-tail.json")
LOOK_SECONDS = 0.05
_READ_BYTES = 512 * 1024
_ROTATE_BYTES = 4 << 20
_KEEP_SECONDS = 0.5

Send = Callable[[bytes], Awaitable[None]]


class TailShipper:
    """Two tasks: `ship` sends what `tails` has written, `keep_small` bounds the files."""

    def __init__(self, *, tails: Tails, send: Send, limit_bytes: int) -> None:
        self._tails, self._send, self._limit = tails, send, limit_bytes
        self._file = LogFile(FILE, _place())
        self._boot, self._batches, self._said = uuid.uuid4().hex[:12], 0, 0

    def pending_bytes(self) -> int:
        """What waits on disk."""
        return self._file.pending()

    async def ship(self) -> None:
        """Sends whatever comes."""
        while True:
            if not await self.ship_once():
                await asyncio.sleep(LOOK_SECONDS)

    async def ship_once(self) -> bool:
        """Sends one batch; False if there was nothing to read."""
        piece = self._file.read(_READ_BYTES)
        self._tails.counts.dropped += piece.broken
        if piece.end == self._file.place:
            return False
        if piece.lines:
            await self._deliver(piece)
        self._file.commit(piece.end)
        try:
            edge_folder.write(PLACE, msgspec.json.encode(piece.end))
        except OSError as error:
            log.error("%s cannot be written: %s", PLACE, error.strerror)
        return True

    async def keep_small(self) -> None:
        """Puts a file aside that has grown; gives up the oldest when there is too much."""
        while True:
            if self._file.size() > _ROTATE_BYTES and self._file.rotate():
                self._tails.reopen()
            while self.pending_bytes() > self._limit:
                lost = self._file.drop_oldest()
                if lost is None:
                    break
                self._tails.counts.dropped += lost
                log.warning("details of %d requests were dropped", lost)
            await asyncio.sleep(_KEEP_SECONDS)

    async def _deliver(self, piece: Piece) -> None:
        """Until it is taken. What the control plane calls invalid is lost, and counted."""
        self._batches += 1
        dropped = self._tails.counts.dropped
        name, new = f"{self._boot}-{self._batches}", dropped - self._said
        head = f'{{"batch":"{name}","dropped":{new},"rows":['
        body = head.encode() + b",".join(piece.lines) + b"]}"
        self._said = dropped
        backoff = Backoff(first=0.1, most=5.0)
        while True:
            try:
                await self._send(body)
                return
            except ControlAway as error:
                if error.refused:
                    log.error("the control plane does not take details: %s", error)
                    self._tails.counts.dropped += len(piece.lines)
                    return
            await asyncio.sleep(jittered(backoff.failed(), random.random()))


def _place() -> Place:
    try:
        return msgspec.json.decode(PLACE.read_bytes(), type=tuple[int, int, int])
    except (FileNotFoundError, ValueError):
        return START
