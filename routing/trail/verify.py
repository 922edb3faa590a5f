"""Verifies the chain from its first entry to its head. Reads only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from routing.models import AuditEntry, AuditHead, AuditSeal
from routing.trail.chain import GENESIS, link
from routing.trail.retention import CHECKPOINT
from routing.trail.seal import without_seal
from routing.transactions.read_transaction import read_transaction

BATCH = 1000


class Fault(StrEnum):
    """The fault of the first invalid entry."""

    CHANGED = "changed"
    REMOVED = "removed"
    MOVED = "moved"
    TRUNCATED = "truncated"
    NO_CHECKPOINT = "no_checkpoint"
    HEAD = "head"
    EXPECTED = "expected"


@dataclass(frozen=True, slots=True)
class Verdict:
    """`position` and `entry` (its id, 0 if unknown) are those of the first invalid entry. `head` is
    the hash to write down elsewhere, `waiting` the number of entries without a seal."""

    first: int
    last: int
    head: str
    waiting: int
    fault: Fault | None = None
    position: int = 0
    entry: int = 0

    @property
    def count(self) -> int:
        return max(0, self.last - self.first + 1)


class _Break(Exception):
    def __init__(self, fault: Fault, position: int, entry: int = 0) -> None:
        super().__init__(fault)
        self.fault, self.position, self.entry = fault, position, entry


def verify(expected: str = "") -> Verdict:
    """The first invalid entry, if any. `expected` is an earlier head, which the chain must still
    contain."""
    with read_transaction():
        head = AuditHead.objects.filter(id=1).first() or AuditHead(hash=GENESIS)
        first = AuditSeal.objects.order_by("position").first()
        start = first.position if first else head.position + 1
        verdict = Verdict(start, head.position, head.hash, without_seal().count())
        try:
            _check(head, first, expected.strip().lower())
        except _Break as found:
            return replace(verdict, fault=found.fault, position=found.position, entry=found.entry)
    return verdict


def _check(head: AuditHead, first: AuditSeal | None, expected: str) -> None:
    walk = _Walk(first.position - 1 if first else 0, first.previous if first else GENESIS)
    noted = expected in ("", walk.hash)
    for seal, entry in _pairs():
        walk.step(seal, entry)
        noted = noted or seal.hash == expected
    if walk.position < head.position:
        raise _Break(Fault.TRUNCATED, walk.position + 1)
    if (walk.position, walk.hash) != (head.position, head.hash):
        raise _Break(Fault.HEAD, walk.position)
    if first and first.position > 1 and (first.position - 1, first.previous) not in walk.pruned:
        raise _Break(Fault.NO_CHECKPOINT, first.position - 1)
    if not noted:
        raise _Break(Fault.EXPECTED, walk.position)


class _Walk:
    """The position and hash so far, and the checkpoints on the way."""

    def __init__(self, position: int, hash: str) -> None:
        self.position, self.hash = position, hash
        self.pruned: set[tuple[Any, Any]] = set()

    def step(self, seal: AuditSeal, entry: AuditEntry | None) -> None:
        """Raises `_Break` unless the entry follows what came before."""
        position = self.position + 1
        if seal.position != position:
            raise _Break(Fault.REMOVED, position)
        if entry is None:
            raise _Break(Fault.REMOVED, position, seal.entry_id)
        if seal.previous != self.hash:
            raise _Break(Fault.MOVED, position, entry.pk)
        if seal.hash != link(self.hash, entry):
            raise _Break(Fault.CHANGED, position, entry.pk)
        self.position, self.hash = position, seal.hash
        if entry.action == CHECKPOINT:
            removed = entry.after or {}
            self.pruned.add((removed.get("through"), removed.get("hash")))


def _pairs() -> Iterator[tuple[AuditSeal, AuditEntry | None]]:
    """Every seal in order, with its entry if that exists; two queries a batch."""
    position = -1
    while True:
        seals = list(AuditSeal.objects.filter(position__gt=position).order_by("position")[:BATCH])
        if not seals:
            return
        entries = AuditEntry.objects.in_bulk([seal.entry_id for seal in seals])
        for seal in seals:
            yield seal, entries.get(seal.entry_id)
        position = seals[-1].position
