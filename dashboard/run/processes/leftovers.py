"""Processes of an earlier run in this data folder: the edge goes on serving, the others must end
before a new run can start."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from django.conf import settings

from dashboard.run.processes import run_file
from dashboard.run.processes.process_file import ProcessFile
from routing.agent.adoption.inheritance import processes_in
from routing.agent.base.edge_folder import holder
from routing.process_identity import ProcessIdentity, this_process

EDGE_FOLDER: Path = settings.DATA_DIR / "edge"
EDGE, STATE = "edge", "state"


def running_run() -> ProcessIdentity | None:
    """The `make run` that runs in this data folder now, ready or not; never this process."""
    ready, noted = run_file.read(), ProcessFile().read()
    for process in (ready.process if ready else None, noted.run if noted else None):
        if process is not None and process.pid != os.getpid() and process.is_running():
            return process
    return None


def end_control_plane(seconds: float = 10.0) -> None:
    """Ends the processes of a killed run, except the edge."""
    noted, spared = ProcessFile().read(), before_restart()
    if noted is not None:
        others = (child for name, child in noted.children.items() if name != EDGE)
        end((child for child in others if child not in spared), seconds)


def before_restart() -> list[ProcessIdentity]:
    """The edge and the state server of this run from before `make restart`. They serve until the
    next ones take over."""
    noted = ProcessFile().read()
    if noted is None or noted.run != this_process():
        return []
    return [child for name, child in noted.children.items() if name in (EDGE, STATE)]


def agent() -> ProcessIdentity | None:
    """The agent that runs in this data folder."""
    edge = holder(EDGE_FOLDER)
    return edge.process if edge is not None and edge.process.is_running() else None


def edge_processes() -> list[ProcessIdentity]:
    """Envoy and versions in this data folder, of any agent."""
    return processes_in(EDGE_FOLDER)


def end(processes: Iterable[ProcessIdentity], seconds: float) -> int:
    """SIGTERM, and SIGKILL after `seconds`; how many ran."""
    left = [process for process in processes if process.is_running()]
    for number in (signal.SIGTERM, signal.SIGKILL):
        for process in left:
            if process.is_running():
                with suppress(ProcessLookupError):
                    os.kill(process.pid, number)
        deadline = time.monotonic() + seconds
        while any(process.is_running() for process in left) and time.monotonic() < deadline:
            time.sleep(0.02)
    return len(left)
