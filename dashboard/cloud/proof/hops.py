"""The Workers that one request reached, from the events of several tails. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from dashboard.cloud.proof.evidence import TailEvent


@dataclass(frozen=True, slots=True)
class Hop:
    """`event` is None where nothing was seen: the Worker did not run, was called by RPC (which has
    no headers), did not forward the nonce, or its tail is closed."""

    worker: str
    event: TailEvent | None = None

    @property
    def known(self) -> bool:
        return self.event is not None


def hop_trail(
    nonce: str, entry: str, events: Sequence[TailEvent], bound: Collection[str] = ()
) -> tuple[Hop, ...]:
    """The entry Worker first, then others as they began, then `bound` ones that were not seen. The
    nonce is all that joins them, so a Worker that invents one could add a hop: this is no proof."""
    own = sorted((e for e in events if nonce and e.nonce == nonce), key=lambda e: e.at)
    first = [event for event in own if event.worker == entry]
    rest = [event for event in own if event.worker != entry]
    trail = [Hop(entry, first[0] if first else None)]
    trail += [Hop(event.worker, event) for event in [*first[1:], *rest]]
    seen = {hop.worker for hop in trail}
    return (*trail, *(Hop(worker) for worker in sorted(set(bound) - seen)))
