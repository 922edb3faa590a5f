"""Ships rows and counts of the access logs to the control plane.

The read positions advance only after the control plane accepted a batch. Disk use is limited; lines
that are dropped are counted on both sides.
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
from routing.agent.access_log.log_file import LogFile, Piece
from routing.agent.access_log.log_rows import ColdStarts, Rows, Sampler, read
from routing.agent.access_log.read_positions import farthest
from routing.agent.access_log.step_counts import SpecMemory, StepMemory
from routing.agent.base.backoff import Backoff, jittered
from routing.agent.base.log_position import Position
from routing.agent.control_plane.client import ControlPlaneUnavailable, OtherPositions
from routing.agent.loss.ledger import Ledger
from routing.compile import names
from routing.snapshot import Snapshot

log = logging.getLogger("edge")

LOOK_SECONDS = 0.05
BUSY_SECONDS = 0.5
BUSY_LINES = 100
"""From this many lines on, the next batch waits longer, so that batches grow rather than
multiply."""
LINES_A_TURN = 100
"""Lines parsed before the event loop gets a turn: 2 ms, where a whole batch takes 65 ms."""
_KEEP_SECONDS = 0.5
_READ_BYTES = 1 << 20
_ROTATE_BYTES = 8 << 20

Send = Callable[[bytes], Awaitable[None]]
Reopen = Callable[[], Awaitable[None]]


@dataclass(slots=True)
class Counts:
    """Since the agent started. `lost` rows are gone; `sampled_out` were counted but not shipped."""

    sampled_out: int = 0
    lost: int = 0


class AccessLogShipper:
    """Run `ship` and `limit_size` as tasks."""

    def __init__(
        self,
        *,
        send: Send,
        reopen: Reopen,
        per_second: int,
        limit_bytes: int,
        envoy_adopted: bool = False,
    ) -> None:
        """`envoy_adopted`: the Envoy that writes the logs was started by an earlier agent."""
        self._send, self._reopen, self._limit = send, reopen, limit_bytes
        self._rotate_at = min(_ROTATE_BYTES, max(1, limit_bytes // 8))
        self._sampler = Sampler(per_second)
        self._positions = read_positions.load()
        self._files = {
            name: LogFile(Path(names.log_file(name)), self._positions.places[name])
            for name in names.LISTENERS
        }
        self._cuts, self._positions.running = (
            int(self._positions.running and not envoy_adopted),
            True,
        )
        self._positions.moved(self._positions.places)
        self._sending: dict[str, Position] = {}
        self._boot, self._batches = uuid.uuid4().hex[:12], 0
        self._unsaid, self._lost_told = Counts(), self._positions.ledger.lost
        self._callers, self._steps = CallerMemory(), StepMemory()
        self._specs = SpecMemory()
        self.counts = Counts()
        #: Called with what the control plane has accepted.
        self.counted: Callable[[Rows], None] = lambda found: None
        #: Called with the versions that had requests, as soon as they are read.
        self.seen: Callable[[set[str]], None] = lambda version_ids: None
        self.cold_starts: ColdStarts = lambda version_id: None

    def watch(self, workers: frozenset[str]) -> None:
        """Someone is viewing these Workers: sample as few of their requests as possible."""
        self._sampler.watched = workers

    def update_snapshots(self, *snapshots: Snapshot) -> None:
        """Rollout deployments in these are counted by their steps."""
        for snapshot in snapshots:
            self._specs.learn(snapshot)

    def cut(self) -> None:
        """Envoy was killed and its unwritten lines are gone; the next batch reports that."""
        self._cuts += 1

    def end(self) -> None:
        """Clean shutdown: Envoy has written everything."""
        self._positions.ended()

    @property
    def ledger(self) -> Ledger:
        """Lines that Envoy logged but could not write."""
        return self._positions.ledger

    def lines_on_disk(self) -> int:
        """All lines so far, including shipped ones."""
        return sum(file.lines_on_disk() for file in self._files.values())

    def pending_bytes(self) -> int:
        return sum(file.pending() for file in self._files.values())

    async def ship(self) -> None:
        while True:
            lines = await self.ship_once()
            full = self.pending_bytes() > _READ_BYTES
            busy = lines >= BUSY_LINES
            await asyncio.sleep(0 if full else BUSY_SECONDS if busy else LOOK_SECONDS)

    async def ship_once(self) -> int:
        """Sends one batch; returns its number of lines, 0 if there was nothing to read."""
        begins = self._now()
        pieces = {name: file.read(_READ_BYTES) for name, file in self._files.items()}
        ends = {name: piece.end for name, piece in pieces.items()}
        if ends == begins and self._lost_told == self._positions.ledger.lost:
            return 0
        self._sending = ends
        try:
            found = await self._parse(pieces.values())
            self.seen(found.versions)
            self._count(found)
            lines = sum(end[2] - begins[name][2] for name, end in ends.items())
            unsaid = self._lost_told != self._positions.ledger.lost
            reached = await self._tell(found, begins, ends) if lines or unsaid else ends
        finally:
            self._sending = {}
        if reached == ends:
            self._callers.remember(found.tally.calls())
            self._steps.remember(found.steps)
            self.counted(found)
        self._advance(reached)
        return max(1, lines) if ends != begins else 0

    async def limit_size(self) -> None:
        """Rotates files that have grown and drops the oldest beyond the limit."""
        while True:
            await self.rotate()
            while self.pending_bytes() > self._limit and self._drop():
                log.warning("access logs were dropped: %d lines in all", self.counts.lost)
            await asyncio.sleep(_KEEP_SECONDS)

    async def rotate(self, *, every: bool = False) -> None:
        """Rotates files that have grown, or all; Envoy opens new ones."""
        for file in self._files.values():
            if file.size() > (0 if every else self._rotate_at):
                file.rotate()
        if any(file.misses_its_file() for file in self._files.values()):
            await self._reopen()

    def _drop(self) -> bool:
        """Drops the oldest file. A batch of it that is being sent may still be accepted."""
        oldest = max(self._files, key=lambda name: self._files[name].pending())
        file = self._files[oldest]
        behind = file.behind_oldest()
        if behind is None:
            return False
        sent = farthest(file.position, self._sending.get(oldest, file.position))
        self._count(Rows(lost=max(0, behind[2] - sent[2])))
        self._advance({oldest: behind})
        return True

    def _now(self) -> dict[str, Position]:
        return {name: file.position for name, file in self._files.items()}

    def _advance(self, ends: dict[str, Position]) -> None:
        """Positions are written first: after a crash they must not point into deleted files."""
        here = self._now()
        there = {
            name: farthest(position, ends.get(name, position)) for name, position in here.items()
        }
        self._positions.moved(there)
        for name, position in there.items():
            self._files[name].commit(position)

    def _count(self, found: Rows) -> None:
        for counts in (self._unsaid, self.counts):
            counts.sampled_out += found.sampled_out
            counts.lost += found.lost

    async def _parse(self, pieces: Iterable[Piece]) -> Rows:
        """A few lines per turn: the same loop answers Envoy, and a backlog has thousands."""
        found = Rows()
        for piece in pieces:
            found.lost += piece.broken
            for start in range(0, len(piece.lines), LINES_A_TURN):
                lines = piece.lines[start : start + LINES_A_TURN]
                found.add(read(lines, self._sampler, self._specs.by_deployment, self.cold_starts))
                await asyncio.sleep(0)
        return found

    def _batch(self, found: Rows, begins: dict[str, Position], ends: dict[str, Position]) -> bytes:
        self._batches += 1
        said, self._unsaid = self._unsaid, Counts()
        return msgspec.json.encode(
            {
                "batch": f"{self._boot}-{self._batches}",
                "log": self._positions.log,
                "begins": begins,
                "ends": ends,
                "sampled_out": said.sampled_out,
                "lost": said.lost,
                "unreadable": found.lost,
                "cut_off": self._cuts > 0,
                "unwritten": self._positions.ledger.lost,
                "rows": found.rows,
                **found.tally.told(self._callers),
                "steps": self._steps.rows(found.steps),
            }
        )

    async def _tell(
        self, found: Rows, begins: dict[str, Position], ends: dict[str, Position]
    ) -> dict[str, Position]:
        """Sends a batch; returns the positions to continue from."""
        cuts, lost = self._cuts, self._positions.ledger.lost
        try:
            await self._deliver(self._batch(found, begins, ends), len(found.rows))
            self._cuts -= cuts
            self._lost_told = lost
            return ends
        except OtherPositions as other:
            log.warning("the control plane has counted up to %s; continuing there", other.places)
            return other.places

    async def _deliver(self, body: bytes, rows: int) -> None:
        """Retries until the batch is accepted. A batch that the control plane rejects is lost, and
        counted."""
        backoff = Backoff(first=0.1, most=5.0)
        while True:
            try:
                await self._send(body)
                return
            except ControlPlaneUnavailable as error:
                if error.refused:
                    log.error("the control plane rejected invocations: %s", error)
                    self._count(Rows(lost=rows))
                    return
            await asyncio.sleep(jittered(backoff.failed(), random.random()))
