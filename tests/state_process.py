"""A real state process for tests of its clients. It starts in a third of a second."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.eventually import eventually

KEY = "k" * 40


@dataclass(frozen=True)
class StateProcess:
    """`url` for SLUICE_STATE_URL. `pid` is the server's, which starts workerd again."""

    url: str
    pid: int

    def workerd(self) -> int | None:
        """Its pid; None while it restarts."""
        text = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text()
        return next(map(int, text.split()), None)


@contextmanager
def state_process(folder: Path, **settings: str) -> Iterator[StateProcess]:
    """Serves in `folder` until the end. `KEY` is its key."""
    environment = os.environ | {
        "SLUICE_STATE_DIR": str(folder),
        "SLUICE_STATE_KEY": KEY,
        "SLUICE_DATA_DIR": str(folder / "data"),
        **settings,
    }
    (folder / "data").mkdir(parents=True, exist_ok=True)
    log = folder / "log.txt"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "dashboard.run.state"],
            env=environment,
            stdout=output,
            stderr=output,
        )
    try:
        listener = folder / "state.sock"
        assert eventually(lambda: answers(listener))
        yield StateProcess(f"unix:{listener}", process.pid)
    finally:
        process.terminate()
        process.wait(20)


def answers(path: Path) -> bool:
    """A socket file that an earlier process left behind accepts nobody."""
    with socket.socket(socket.AF_UNIX) as client:
        return client.connect_ex(str(path)) == 0
