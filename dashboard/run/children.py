"""The processes of one run: started in sessions of their own, restarted when they die."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

GRACE_SECONDS = 15.0
QUICK_DEATH_SECONDS = 5.0
MOST_QUICK_DEATHS = 5


class ChildFailed(RuntimeError):
    """A process keeps dying; the message names it and its log."""


class Child:
    """One `python -m <module>`; its output goes to a file, so that nothing blocks it."""

    def __init__(self, name: str, module: str, env: Mapping[str, str], log: Path) -> None:
        self.name, self.module, self.log = name, module, log
        ours = {"SLUICE_EXIT_WITH_PARENT": "1", "SLUICE_PARENT_PID": str(os.getpid())}
        self.env = {**os.environ, **env, **ours}
        self.process: subprocess.Popen[bytes] | None = None
        self.quick_deaths = 0
        self.started_at = 0.0

    def start(self) -> None:
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", self.module],
                env=self.env,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C reaches this process only; it stops the others
            )
        self.started_at = time.monotonic()

    def keep_alive(self) -> bool:
        """Restarts the process if it has died; True if it had. Raises `ChildFailed`."""
        if self.process is None or self.process.poll() is None:
            return False
        quick = time.monotonic() - self.started_at < QUICK_DEATH_SECONDS
        self.quick_deaths = self.quick_deaths + 1 if quick else 0
        if self.quick_deaths >= MOST_QUICK_DEATHS:
            raise ChildFailed(
                f"The {self.name} process keeps ending. Its last words:\n{self.tail()}"
            )
        self.start()
        return True

    def tail(self, lines: int = 15) -> str:
        """The end of its log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    def ask_to_stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)

    def wait_stopped(self, deadline: float) -> None:
        """Waits until `deadline` (monotonic seconds), then kills the whole session."""
        if self.process is None:
            return
        try:
            self.process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


def stop(children: list[Child]) -> None:
    """Stops all, in order: each gets its chance to drain before the next is asked."""
    for child in children:
        child.ask_to_stop()
        child.wait_stopped(time.monotonic() + GRACE_SECONDS)
