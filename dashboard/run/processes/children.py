"""The processes of one run: started in sessions of their own, restarted when they die."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from dashboard.run.processes.log_rotation import rotate
from dashboard.run.processes.restarts import Restarts, State
from routing.hidden_environment import hand_over, without_secrets
from routing.process_identity import ProcessIdentity, identify

GRACE_SECONDS = 15.0


class Child:
    """One `python -m <module>`; its output goes to a file, so that nothing blocks it. `secrets`:
    whether it gets those of this server, which no environment shows."""

    def __init__(
        self, name: str, module: str, env: Mapping[str, str], log: Path, *, secrets: bool = True
    ) -> None:
        self.name, self.log = name, log
        ours = {"SLUICE_EXIT_WITH_PARENT": "1", "SLUICE_PARENT_PID": str(os.getpid())}
        base = os.environ if secrets else without_secrets(os.environ)
        self.env = {**base, **env, **ours}
        # Only the first start reads the password, in this process. A value beside a file of the
        # same setting would be refused.
        for name in (
            "SLUICE_ADMIN_PASSWORD",
            *(f"{n}_FILE" for n in ("SLUICE_ADMIN_PASSWORD", *env)),
        ):
            self.env.pop(name, None)
        self.command = [sys.executable, "-m", module]
        self.process: subprocess.Popen[bytes] | None = None
        self._identity: ProcessIdentity | None = None
        self.restarts = Restarts()

    def start(self) -> None:
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as output, hand_over(self.env) as (environ, descriptors):
            self.process = subprocess.Popen(
                self.command,
                env=environ,
                pass_fds=descriptors,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C reaches this process only; it stops the others
            )
        self._identity = identify(self.process.pid) or ProcessIdentity(self.process.pid, "")
        self.restarts.started(time.monotonic())

    @property
    def identity(self) -> ProcessIdentity | None:
        """Its process, running or ended; None before the first start."""
        return self._identity

    def keep_alive(self) -> float | None:
        """Starts the process again if it has ended and its wait is over.

        The seconds until its next start when it has just ended (0: it was started at once), else
        None. What happens to one process never raises: the others go on.
        """
        now = time.monotonic()
        wait = None
        if self._has_ended() and self.restarts.state is State.running:
            wait = self.restarts.ended(now)
        if self.restarts.is_due(now):
            try:
                self.start()
            except OSError:  # no memory, no process ids: it counts as one more end
                wait = self.restarts.ended(now)
        return wait

    def _has_ended(self) -> bool:
        return self.process is not None and self.process.poll() is not None

    def tail(self, lines: int = 15) -> str:
        """The end of its log."""
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        return "\n".join(text.splitlines()[-lines:])

    def keep_log_small(self, *, most_bytes: int, files: int) -> None:
        """Bounds its log, whatever writes there: the process itself or its interpreter."""
        rotate(self.log, most_bytes=most_bytes, files=files)

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


def wait_for_an_end(children: list[Child], seconds: float) -> None:
    """Returns as soon as one of those that run ends, so that its next start is not put off."""
    pidfds = []
    for child in children:
        if child.process is not None and child.process.poll() is None:
            with suppress(ProcessLookupError):
                pidfds.append(os.pidfd_open(child.process.pid))
    try:
        select.select(pidfds, [], [], seconds)
    finally:
        for pidfd in pidfds:
            os.close(pidfd)


def stop(children: list[Child]) -> None:
    """Stops all, in order: each may drain before the next gets its signal."""
    for child in children:
        child.ask_to_stop()
        child.wait_stopped(time.monotonic() + GRACE_SECONDS)
