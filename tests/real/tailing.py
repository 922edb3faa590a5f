"""`wrangler tail`, unmodified, beside a whole running system."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.real.control_plane import WRANGLER, environment
from tests.running import System

_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


@dataclass
class Tailing:
    """One `wrangler tail`; what it wrote is in `output`."""

    process: subprocess.Popen[bytes]
    output: Path

    @property
    def said(self) -> str:
        return _COLOURS.sub("", self.output.read_text())

    @property
    def events(self) -> list[dict[str, Any]]:
        """wrangler writes objects one after the other, over many lines each."""
        text, decoder, found = self.said, json.JSONDecoder(), []
        start = text.find("{")
        while start >= 0:
            try:
                event, end = decoder.raw_decode(text, start)
            except ValueError:
                break
            found.append(event)
            start = text.find("{", end)
        return found

    def wait(self, check: Callable[[], Any], seconds: float = 30) -> Any:
        deadline = time.monotonic() + seconds
        while not (found := check()):
            assert self.process.poll() is None, self.said
            assert time.monotonic() < deadline, self.said
            time.sleep(0.05)
        return found

    def kill(self) -> None:
        """Ends it without a word to the server."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def event(self, **wanted: Any) -> dict[str, Any]:
        """The first event with that path."""
        path = wanted["path"]
        return self.wait(lambda: next((e for e in self.events if path_of(e) == path), None))


def path_of(event: dict[str, Any]) -> str:
    url = (event["event"] or {}).get("request", {}).get("url", "")
    return re.sub(r"^https?://[^/]+", "", url)


def _environment(system: System, home: Path, proxy: str) -> dict[str, str]:
    home.mkdir(exist_ok=True)
    base_url = f"http://127.0.0.1:{system.http_port}/client/v4"
    return environment(home, proxy, base_url, system.token, system.run_json["account_id"])


#: Until every process of the Worker's versions reports every request.
REPORTS_ALL_AFTER = 1.5


@contextmanager
def tailing(
    system: System,
    folder: Path,
    proxy: str,
    worker: str,
    *arguments: str,
    ready_after: float = REPORTS_ALL_AFTER,
) -> Iterator[Tailing]:
    """`wrangler tail <worker> …`, ready: every later request is printed."""
    output = folder / f"tail-{time.monotonic_ns()}.txt"
    before = sessions(system, worker)
    with output.open("wb") as stream:
        process = subprocess.Popen(
            [*WRANGLER, "tail", worker, *arguments],
            cwd=folder,
            env=_environment(system, folder / "home", proxy),
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # wrangler is a process that starts another one
        )
    tail = Tailing(process, output)
    try:
        tail.wait(lambda: sessions(system, worker) not in (None, before), 30)
        time.sleep(ready_after)
        yield tail
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            tail.kill()


def sessions(system: System, worker: str) -> str | None:
    """The newest session's id."""
    result = system.api("GET", f"/workers/scripts/{worker}/tails").json()["result"]
    return result and result["id"]


def wrangler(system: System, project: Path, proxy: str, *arguments: str) -> str:
    done = subprocess.run(
        [*WRANGLER, *arguments],
        cwd=project,
        env=_environment(system, project.parent / "home", proxy),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=200,
    )
    assert done.returncode == 0, done.stdout
    return _COLOURS.sub("", done.stdout)
