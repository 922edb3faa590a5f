"""processes.json in the data folder: how the processes of `make run` are, for /healthz."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path

from dashboard.run.children import Child
from dashboard.ui.health import PROCESS_FILE


class ProcessFile:
    """Written when something has changed; removed at the end."""

    def __init__(self, path: Path = PROCESS_FILE) -> None:
        self._path = path
        self._written = ""

    def write(self, children: Iterable[Child]) -> None:
        """`{"pid": ours, "processes": {name: {"state", "restarts"}}}`."""
        processes = {
            child.name: {"state": child.restarts.state, "restarts": child.restarts.count}
            for child in children
            if child.is_begun
        }
        text = json.dumps({"pid": os.getpid(), "processes": processes})
        if text != self._written:
            partial = self._path.with_suffix(".tmp")
            partial.write_text(text)
            partial.replace(self._path)
            self._written = text

    def remove(self) -> None:
        """Nothing runs any more."""
        self._path.unlink(missing_ok=True)
