"""One minute of two versions that shared the same traffic."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Block:
    """Requests and failures of the candidate and of stable in one block of time.

    All four count the same thing: requests, or distinct callers where callers are known. A change
    of the split starts a new block. Raises `ValueError` when more failed than were answered.
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
