"""How far the access logs have been read and counted, kept in `shipped.json`.

A place holds the number of lines before it. The control plane keeps the places of the last batch
it took, so a batch counts once however often it is sent, and lines that never come are a known
number. `log` names these logs: with a new name, the control plane begins anew.
"""

from __future__ import annotations

import logging
import uuid
from pathlib import Path

import msgspec

from routing.agent.access_log.log_file import START, Place
from routing.agent.base import edge_folder
from routing.agent.loss.ledger import Ledger
from routing.compile import names

log = logging.getLogger("edge")

FILE = Path("shipped.json")


class Places(msgspec.Struct):
    """One place for each listener. `running` until the agent has ended as it should: when it is
    found so at a start, Envoy was killed and took with it what it had not written yet (0.1 s)."""

    log: str
    places: dict[str, Place]
    running: bool = True
    ledger: Ledger = msgspec.field(default_factory=Ledger)

    def moved(self, places: dict[str, Place]) -> None:
        """Notes the places on disk. Before a file may be removed, its successor is there for good:
        after a power cut a number must never mean another file."""
        numbers = {name: place[0] for name, place in self.places.items()}
        durable = numbers != {name: place[0] for name, place in places.items()}
        self.places = dict(places)
        try:
            edge_folder.write(FILE, msgspec.json.encode(self), durable=durable)
        except OSError as error:
            # An agent that starts with older places is told the newer ones by the control plane.
            log.error("%s cannot be written: %s", FILE, error.strerror)

    def ended(self) -> None:
        """Notes that nothing was cut off."""
        self.running = False
        self.moved(self.places)


def load() -> Places:
    """What was noted; logs that were never read begin at their beginning, under a new name."""
    try:
        kept = msgspec.json.decode(FILE.read_bytes(), type=Places)
        known = {name: kept.places.get(name, START) for name in names.LISTENERS}
        return Places(kept.log, known, kept.running, kept.ledger)
    except FileNotFoundError:
        pass
    except ValueError:
        log.warning("%s cannot be read: logs are shipped from their beginning", FILE)
    return Places(uuid.uuid4().hex, {name: START for name in names.LISTENERS}, running=False)


def farthest(one: Place, other: Place) -> Place:
    """The one with more lines before it; of two, the one in the later file."""
    return max(one, other, key=lambda place: (place[2], place[0], place[1]))
