"""processes.json in the data folder: the processes of `make run`, for /healthz, and for the next
run to end what a killed one left."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from dashboard.fleet.health import PROCESS_FILE
from dashboard.run.processes.children import Child
from routing.process_identity import ProcessIdentity, this_process


@dataclass(frozen=True, slots=True)
class Processes:
    """What is noted: the run itself, and its children by name."""

    run: ProcessIdentity
    children: dict[str, ProcessIdentity] = field(default_factory=dict)


class ProcessFile:
    """Written when something has changed; removed at the end."""

    def __init__(self, path: Path = PROCESS_FILE) -> None:
        self._path = path
        self._written = ""

    def write(self, children: Iterable[Child]) -> None:
        """`{"pid", "started", "processes": {name: {"state", "restarts", "pid", "started"}}}`."""
        me = this_process()
        processes = {
            child.name: {
                "state": child.restarts.state,
                "restarts": child.restarts.count,
                "pid": child.identity.pid,
                "started": child.identity.started,
            }
            for child in children
            if child.identity is not None
        }
        text = json.dumps({"pid": me.pid, "started": me.started, "processes": processes})
        if text != self._written:
            partial = self._path.with_suffix(".tmp")
            partial.write_text(text)
            partial.replace(self._path)
            self._written = text

    def read(self) -> Processes | None:
        """What a run noted last, whether its processes still run or not."""
        try:
            stored = json.loads(self._path.read_text())
            children = {
                name: ProcessIdentity(child["pid"], child["started"])
                for name, child in stored["processes"].items()
            }
            return Processes(ProcessIdentity(stored["pid"], stored["started"]), children)
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None

    def remove(self) -> None:
        """Nothing runs any more."""
        self._path.unlink(missing_ok=True)
