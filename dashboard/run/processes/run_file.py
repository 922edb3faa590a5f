"""run.json in the data folder: where the run that is ready now answers, and which process it is."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from routing.process_identity import ProcessIdentity, this_process

RUN_JSON: Path = settings.DATA_DIR / "run.json"


@dataclass(frozen=True, slots=True)
class Run:
    """`ready_at` changes with each restart; the process does not."""

    process: ProcessIdentity
    ready_at: float


def write(addresses: Mapping[str, str]) -> None:
    """This process serves at these addresses."""
    me = this_process()
    content = {**addresses, "pid": me.pid, "started": me.started, "ready_at": time.time()}
    partial = RUN_JSON.with_suffix(".tmp")
    partial.write_text(json.dumps(content, indent=1))
    partial.replace(RUN_JSON)


def read() -> Run | None:
    """The run that is ready; None where there is none, or only the file of one that was killed."""
    try:
        stored = json.loads(RUN_JSON.read_text())
        run = Run(ProcessIdentity(stored["pid"], stored["started"]), stored["ready_at"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return run if run.process.is_running() else None


def remove() -> None:
    """Nothing is ready any more."""
    RUN_JSON.unlink(missing_ok=True)
