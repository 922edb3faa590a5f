"""One minute of two versions that shared the same traffic."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Block:
    """Requests and failures of the candidate and of stable in one block of time.

    All four count the same thing: requests, or distinct callers where they have a key. A
    change of the split starts a new block. Raises `ValueError` when more failed than were answered.
    """

    candidate: int
    candidate_failed: int
    stable: int
    stable_failed: int

    def __post_init__(self) -> None:
        if not 0 <= self.candidate_failed <= self.candidate:
            raise ValueError(f"{self.candidate_failed} failures of {self.candidate} requests")
        if not 0 <= self.stable_failed <= self.stable:
            raise ValueError(f"{self.stable_failed} failures of {self.stable} requests")

    @property
    def failed(self) -> int:
        return self.candidate_failed + self.stable_failed

    @property
    def share(self) -> float:
        """The candidate's observed share of the requests, 0 to 1.

        Observed, because with the configured share two points off false alarms reach 21–69%.
        """
        requests = self.candidate + self.stable
        return self.candidate / requests if requests else 0.0

    @property
    def comparable(self) -> bool:
        """Whether both versions answered and at least one request failed."""
        return bool(self.candidate and self.stable and self.failed)


def pooled(blocks: Iterable[Block], groups: int = 6) -> list[Block]:
    """The comparable blocks, those of nearly the same share added up to one: at most `groups`.

    Evidence depends on a block's share and failures alone, so that pooling equal shares changes
    nothing. For drawings, whose cost then does not grow with the length of a step; decisions are
    made on the blocks themselves.
    """
    ordered = sorted((block for block in blocks if block.comparable), key=lambda b: b.share)
    size = -(-len(ordered) // groups) or 1
    return [_added(ordered[start : start + size]) for start in range(0, len(ordered), size)]


def _added(blocks: list[Block]) -> Block:
    return Block(
        sum(b.candidate for b in blocks),
        sum(b.candidate_failed for b in blocks),
        sum(b.stable for b in blocks),
        sum(b.stable_failed for b in blocks),
    )
