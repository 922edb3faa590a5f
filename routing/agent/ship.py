"""Ships access-log rows to the control plane: at least once, soon, and never without limit.

How far it has read is written down only after the control plane took the rows.
"""

from __future__ import annotations

import asyncio
import logging
import random
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec

from routing.agent import folder
from routing.agent.backoff import Backoff, jittered
from routing.agent.control import ControlAway
from routing.agent.logfiles import LogFile, Place
from routing.agent.rows import Rows, Sampler, read
from routing.compile import names

log = logging.getLogger("edge")

PLACES = Path("shipped.json")
LOOK_SECONDS = 0.05
_KEEP_SECONDS = 0.5
_READ_BYTES = 256 * 1024
_ROTATE_BYTES = 8 << 20

Send = Callable[[bytes], Awaitable[None]]
Reopen = Callable[[], Awaitable[None]]


@dataclass(slots=True)
class Counts:
    """Since the agent started, for its reports. `lost` rows are gone; `sampled_out` were not
    meant to be shipped."""

    sampled_out: int = 0
    lost: int = 0


class Shipper:
    """Two tasks: `ship` reads and sends, `keep_small` rotates the files and bounds them."""

    def __init__(self, *, send: Send, reopen: Reopen, per_second: int, limit_bytes: int) -> None:
        self._send, self._reopen, self._limit = send, reopen, limit_bytes
        self._rotate_at = min(_ROTATE_BYTES, max(1, limit_bytes // 8))
        self._sampler = Sampler(per_second)
        places = _places()
        self._files = {
            name: LogFile(Path(names.log_file(name)), places.get(name, (0, 0)))
            for name in names.LISTENERS
        }
        self._boot, self._batches = uuid.uuid4().hex[:12], 0
        self._unsaid = Counts()
        self.counts = Counts()

    def watch(self, workers: frozenset[str]) -> None:
        """Somebody is looking at these Workers: leave out as few of their requests as possible."""
        self._sampler.watched = workers

    def pending_bytes(self) -> int:
        """What waits on disk."""
        return sum(file.pending() for file in self._files.values())

    async def ship(self) -> None:
        """Reads what is new and sends it."""
        while True:
            if not await self.ship_once():
                await asyncio.sleep(LOOK_SECONDS)

    async def ship_once(self) -> bool:
        """Sends one batch; False if there was nothing to read."""
        found, places = self._read()
        self._count(found)
        if places == {name: file.place for name, file in self._files.items()}:
            return False
        if found.rows:
            await self._deliver(found)
        for name, place in places.items():
            self._files[name].commit(place)
        folder.write(PLACES, msgspec.json.encode(places))
        return True

    async def keep_small(self) -> None:
        """Bounds what the logs take on disk, whoever is away."""
        while True:
            await self.rotate()
            while self.pending_bytes() > self._limit and self._drop():
                log.warning("access logs were dropped: %d lines in all", self.counts.lost)
            await asyncio.sleep(_KEEP_SECONDS)

    async def rotate(self, *, every: bool = False) -> None:
        """Puts files aside that have grown, or all; Envoy opens new ones."""
        for file in self._files.values():
            if file.size() > (0 if every else self._rotate_at):
                file.rotate()
        if any(file.misses_its_file() for file in self._files.values()):
            await self._reopen()

    def _drop(self) -> bool:
        oldest = max(self._files.values(), key=LogFile.pending)
        lost = oldest.drop_oldest()
        self._count(Rows(lost=lost or 0))
        return lost is not None

    def _count(self, found: Rows) -> None:
        for counts in (self._unsaid, self.counts):
            counts.sampled_out += found.sampled_out
            counts.lost += found.lost

    def _read(self) -> tuple[Rows, dict[str, Place]]:
        found, places = Rows(), {}
        for name, file in self._files.items():
            piece = file.read(_READ_BYTES)
            found.add(read(piece.lines, self._sampler))
            found.lost += piece.broken
            places[name] = piece.end
        return found, places

    async def _deliver(self, found: Rows) -> None:
        """Until it is taken. What the control plane calls invalid is lost, and counted."""
        self._batches += 1
        said, self._unsaid = self._unsaid, Counts()
        batch = {
            "batch": f"{self._boot}-{self._batches}",
            "sampled_out": said.sampled_out,
            "lost": said.lost,
            "rows": found.rows,
        }
        body = msgspec.json.encode(batch)
        backoff = Backoff(first=0.1, most=5.0)
        while True:
            try:
                await self._send(body)
                return
            except ControlAway as error:
                if error.refused:
                    log.error("the control plane does not take invocations: %s", error)
                    self._count(Rows(lost=len(found.rows)))
                    return
            await asyncio.sleep(jittered(backoff.failed(), random.random()))


def _places() -> dict[str, Place]:
    try:
        return msgspec.json.decode(PLACES.read_bytes(), type=dict[str, tuple[int, int]])
    except FileNotFoundError:
        return {}
    except msgspec.MsgspecError:
        log.warning("%s cannot be read: logs are shipped from their beginning", PLACES)
        return {}
