"""How far the access logs have been read and counted (`shipped.json`).

A position includes the number of lines before it. The control plane stores the positions of the
last batch it accepted, so a batch counts once however often it is sent, and missing lines can be
counted. `log` identifies these logs; with another id the control plane starts over.
"""

from __future__ import annotations

import logging
import uuid
from pathlib import Path

import msgspec

from routing.agent.base import edge_folder
from routing.agent.base.log_position import START, Position
from routing.agent.loss.ledger import Ledger
from routing.compile import names

log = logging.getLogger("edge")

FILE = Path("shipped.json")


class ReadPositions(msgspec.Struct):
    """One position per listener. `running` is cleared by a clean shutdown: if it is still set at a
    start, Envoy was killed and up to 0.1 s of lines are missing."""

    log: str
    places: dict[str, Position]
    running: bool = True
    ledger: Ledger = msgspec.field(default_factory=Ledger)

    def moved(self, places: dict[str, Position]) -> None:
        """Writes the positions. Durable before a file is deleted: after a power cut a number must
        not refer to another file."""
        numbers = {name: position[0] for name, position in self.places.items()}
        durable = numbers != {name: position[0] for name, position in places.items()}
        self.places = dict(places)
        try:
            edge_folder.write(FILE, msgspec.json.encode(self), durable=durable)
        except OSError as error:
            # An agent that starts with older positions gets the newer ones from the control plane.
            log.error("%s cannot be written: %s", FILE, error.strerror)

    def ended(self) -> None:
        """Records a clean shutdown."""
        self.running = False
        self.moved(self.places)


def load() -> ReadPositions:
    """The stored positions, or the start of the logs under a new id."""
    try:
        kept = msgspec.json.decode(FILE.read_bytes(), type=ReadPositions)
        known = {name: kept.places.get(name, START) for name in names.LISTENERS}
        return ReadPositions(kept.log, known, kept.running, kept.ledger)
    except FileNotFoundError:
        pass
    except ValueError:
        log.warning("%s cannot be read: logs are shipped from their beginning", FILE)
    return ReadPositions(uuid.uuid4().hex, {name: START for name in names.LISTENERS}, running=False)


def farthest(one: Position, other: Position) -> Position:
    """The one with more lines before it, else the one in the later file."""
    return max(one, other, key=lambda position: (position[2], position[0], position[1]))
