"""Ships what the access logs say to the control plane: rows, and the count of every line.

How far it has read is noted only after the control plane took it (`places`). Nothing is without
limit: what the disk has no room for is given up, and both sides know how many lines that were.
"""

from __future__ import annotations

import asyncio
import logging
import random
import uuid
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import msgspec

from routing.agent.access_log import read_positions
from routing.agent.access_log.caller_counts import CallerMemory
from routing.agent.access_log.log_file import LogFile, Piece, Place
from routing.agent.access_log.log_rows import Rows, Sampler, read
from routing.agent.access_log.read_positions import farthest
from routing.agent.access_log.step_counts import SpecMemory, StepMemory
from routing.agent.base.backoff import Backoff, jittered
from routing.agent.control_plane.client import ControlAway, OtherPlaces
from routing.agent.loss.ledger import Ledger
from routing.compile import names
from routing.snapshot import Snapshot

log = logging.getLogger("edge")

LOOK_SECONDS = 0.05
BUSY_SECONDS = 0.5
BUSY_LINES = 100
"""From so many lines in a batch on, the next one waits longer: its size grows, not its number."""
LINES_A_TURN = 100
"""Of a backlog, parsed before the loop does something else: 2 ms, where a whole batch takes 65."""
_KEEP_SECONDS = 0.5
_READ_BYTES = 1 << 20
_ROTATE_BYTES = 8 << 20

Send = Callable[[bytes], Awaitable[None]]
Reopen = Callable[[], Awaitable[None]]


@dataclass(slots=True)
class Counts:
    """Since the agent started, for its reports. `lost` rows are gone; `sampled_out` were not
    meant to be shipped, but counted."""

    sampled_out: int = 0
    lost: int = 0


class Shipper:
    """Two tasks: `ship` reads and sends, `keep_small` rotates the files and bounds them."""

    def __init__(
        self,
        *,
        send: Send,
        reopen: Reopen,
        per_second: int,
        limit_bytes: int,
        goes_on: bool = False,
    ) -> None:
        """`goes_on`: the Envoy that writes the logs has outlived the last agent."""
        self._send, self._reopen, self._limit = send, reopen, limit_bytes
        self._rotate_at = min(_ROTATE_BYTES, max(1, limit_bytes // 8))
        self._sampler = Sampler(per_second)
        self._places = read_positions.load()
        self._files = {
            name: LogFile(Path(names.log_file(name)), self._places.places[name])
            for name in names.LISTENERS
        }
        self._cuts, self._places.running = int(self._places.running and not goes_on), True
        self._places.moved(self._places.places)
        self._sending: dict[str, Place] = {}
        self._boot, self._batches = uuid.uuid4().hex[:12], 0
        self._unsaid, self._lost_told = Counts(), self._places.ledger.lost
        self._callers, self._steps = CallerMemory(), StepMemory()
        self._specs = SpecMemory()
        self.counts = Counts()
        #: Called with what the control plane has taken.
        self.counted: Callable[[Rows], None] = lambda found: None

    def watch(self, workers: frozenset[str]) -> None:
        """Somebody is looking at these Workers: leave out as few of their requests as possible."""
        self._sampler.watched = workers

    def know(self, *snapshots: Snapshot) -> None:
        """Deployments in these are counted as they ask for."""
        for snapshot in snapshots:
            self._specs.learn(snapshot)

    def cut(self) -> None:
        """Envoy was killed, and what it had not written yet is gone: the next batch says so."""
        self._cuts += 1

    def end(self) -> None:
        """Nothing more will be shipped, and Envoy has written all it had."""
        self._places.ended()

    @property
    def ledger(self) -> Ledger:
        """What Envoy logged and could not write; stored with the places."""
        return self._places.ledger

    def lines_on_disk(self) -> int:
        """Lines of all logs so far, shipped ones included."""
        return sum(file.lines_on_disk() for file in self._files.values())

    def pending_bytes(self) -> int:
        """What waits on disk."""
        return sum(file.pending() for file in self._files.values())

    async def ship(self) -> None:
        """Reads what is new and sends it."""
        while True:
            lines = await self.ship_once()
            full = self.pending_bytes() > _READ_BYTES
            busy = lines >= BUSY_LINES
            await asyncio.sleep(0 if full else BUSY_SECONDS if busy else LOOK_SECONDS)

    async def ship_once(self) -> int:
        """Sends one batch; how many lines it covers, 0 if there was nothing to read."""
        begins = self._now()
        pieces = {name: file.read(_READ_BYTES) for name, file in self._files.items()}
        ends = {name: piece.end for name, piece in pieces.items()}
        if ends == begins and self._lost_told == self._places.ledger.lost:
            return 0
        self._sending = ends
        try:
            found = await self._parse(pieces.values())
            self._count(found)
            lines = sum(end[2] - begins[name][2] for name, end in ends.items())
            unsaid = self._lost_told != self._places.ledger.lost
            reached = await self._tell(found, begins, ends) if lines or unsaid else ends
        finally:
            self._sending = {}
        if reached == ends:
            self._callers.remember(found.tally.calls())
            self._steps.remember(found.steps)
            self.counted(found)
        self._go_on(reached)
        return max(1, lines) if ends != begins else 0

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
        """Gives up the oldest file. What is being sent of it may still arrive."""
        oldest = max(self._files, key=lambda name: self._files[name].pending())
        file = self._files[oldest]
        behind = file.behind_oldest()
        if behind is None:
            return False
        sent = farthest(file.place, self._sending.get(oldest, file.place))
        self._count(Rows(lost=max(0, behind[2] - sent[2])))
        self._go_on({oldest: behind})
        return True

    def _now(self) -> dict[str, Place]:
        return {name: file.place for name, file in self._files.items()}

    def _go_on(self, ends: dict[str, Place]) -> None:
        """First noted, then done: noting after a crash what is gone would be too late."""
        here = self._now()
        there = {name: farthest(place, ends.get(name, place)) for name, place in here.items()}
        self._places.moved(there)
        for name, place in there.items():
            self._files[name].commit(place)

    def _count(self, found: Rows) -> None:
        for counts in (self._unsaid, self.counts):
            counts.sampled_out += found.sampled_out
            counts.lost += found.lost

    async def _parse(self, pieces: Iterable[Piece]) -> Rows:
        """A few lines at a turn: the same loop answers Envoy, and a backlog has thousands."""
        found = Rows()
        for piece in pieces:
            found.lost += piece.broken
            for start in range(0, len(piece.lines), LINES_A_TURN):
                lines = piece.lines[start : start + LINES_A_TURN]
                found.add(read(lines, self._sampler, self._specs.by_deployment))
                await asyncio.sleep(0)
        return found

    def _batch(self, found: Rows, begins: dict[str, Place], ends: dict[str, Place]) -> bytes:
        self._batches += 1
        said, self._unsaid = self._unsaid, Counts()
        return msgspec.json.encode(
            {
                "batch": f"{self._boot}-{self._batches}",
                "log": self._places.log,
                "begins": begins,
                "ends": ends,
                "sampled_out": said.sampled_out,
                "lost": said.lost,
                "unreadable": found.lost,
                "cut_off": self._cuts > 0,
                "unwritten": self._places.ledger.lost,
                "rows": found.rows,
                **found.tally.told(self._callers),
                "steps": self._steps.rows(found.steps),
            }
        )

    async def _tell(
        self, found: Rows, begins: dict[str, Place], ends: dict[str, Place]
    ) -> dict[str, Place]:
        """Sends it; from where to go on."""
        cuts, lost = self._cuts, self._places.ledger.lost
        try:
            await self._deliver(self._batch(found, begins, ends), len(found.rows))
            self._cuts -= cuts
            self._lost_told = lost
            return ends
        except OtherPlaces as other:
            log.warning("the control plane has counted up to %s: going on there", other.places)
            return other.places

    async def _deliver(self, body: bytes, rows: int) -> None:
        """Until it is taken. What the control plane calls invalid is lost, and counted."""
        backoff = Backoff(first=0.1, most=5.0)
        while True:
            try:
                await self._send(body)
                return
            except ControlAway as error:
                if error.refused:
                    log.error("the control plane does not take invocations: %s", error)
                    self._count(Rows(lost=rows))
                    return
            await asyncio.sleep(jittered(backoff.failed(), random.random()))
