"""A real agent as a subprocess, with Envoy and workerd, in a folder of its own."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from routing.snapshot import BindingSpec, Export
from tests.eventually import eventually
from tests.real.control import TOKEN, ControlPlane
from tests.real.edge import Reply
from tests.real.uploads import Upload, upload
from tests.running import free_port

HOME = Path(__file__).resolve().parents[2]
ALL = 100_000
FETCH = (Export(name="default", kind="object", handlers=("fetch",)),)


def answering(
    text: str, number: int = 1, *, more: str = "", bindings: Sequence[BindingSpec] = ()
) -> Upload:
    """A version that answers `text`; on /slow after a second, and never on /loop. /is-slow says
    whether a request to /slow has arrived."""
    source = f"""let slow = false;
    export default {{ async fetch(request) {{
      const {{ pathname }} = new URL(request.url);
      if (pathname === "/is-slow") return new Response(slow);
      if (pathname === "/slow") {{ slow = true; await scheduler.wait(1000); }}
      if (pathname === "/loop") for (;;);
      {more}
      return new Response({json.dumps(text)});
    }} }}"""
    return upload(source, number=number, exports=FETCH, bindings=bindings)


A, B, C = (answering(text, number) for number, text in enumerate("abc", 1))
BAD = upload("export default {", number=9, exports=FETCH)


class Agent:
    """`start` it, ask it; `stop` is SIGTERM and `kill` is SIGKILL."""

    def __init__(self, data: Path, control: ControlPlane, **environ: str) -> None:
        self.folder = data / "edge"
        self.control = control
        self.port, self.proof_port = free_port(), free_port()
        self.environ = {
            "PATH": os.environ["PATH"],
            "SLUICE_CONTROL_URL": control.url,
            "SLUICE_EDGE_TOKEN": TOKEN,
            "SLUICE_DATA_DIR": str(data),
            "SLUICE_EDGE_PORT": str(self.port),
            "SLUICE_EDGE_PROOF_PORT": str(self.proof_port),
            "SLUICE_EDGE_WAIT_UNTIL_SECONDS": "0.2",
            **environ,
        }
        #: A command in front of the agent's, to run it as another user.
        self.wrapper: tuple[str, ...] = ()
        self.log = data / "agent.log"
        self.process: subprocess.Popen[bytes] | None = None
        self.was_killed = False

    def start(self) -> Agent:
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [*self.wrapper, sys.executable, "-m", "routing.agent"],
                cwd=HOME,
                env=self.environ,
                stdout=log,
                stderr=log,
            )
        return self

    def stop(self) -> int:
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(15)

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait()
        self.was_killed = True

    def end_leftovers(self) -> None:
        """What a killed agent left for the next one."""
        for pid in self.processes():
            os.kill(pid, signal.SIGKILL)

    def said(self) -> str:
        return self.log.read_text()

    # --- what it tells ------------------------------------------------------------------------

    def status(self) -> dict[str, Any]:
        try:
            return dict(json.loads((self.folder / "status.json").read_bytes()))
        except (FileNotFoundError, ValueError):
            return {"revision": -1, "versions": {}, "workers": {}}

    def applied(self, revision: int, seconds: float = 30) -> float:
        """Waits until the control plane has heard of the revision; how long that took."""
        began = time.monotonic()

        def heard() -> bool:
            assert self.process is not None and self.process.poll() is None, self.said()
            reports = self.control.reports
            return bool(reports) and reports[-1]["revision"] == revision

        eventually(heard, seconds)
        return time.monotonic() - began

    def processes(self) -> list[int]:
        """Everything that runs in the edge's folder, the agent apart."""
        found = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    here = os.readlink(entry / "cwd") == str(self.folder)
                    zombie = (entry / "stat").read_text().rpartition(")")[2].split()[0] == "Z"
                except OSError:
                    continue
                if (
                    here
                    and not zombie
                    and (not self.process or int(entry.name) != self.process.pid)
                ):
                    found.append(int(entry.name))
        return found

    def pid_of(self, found: Upload) -> int | None:
        """The process of a version, by the file it writes to."""
        for pid in self.processes():
            try:
                if found.version.id in os.readlink(f"/proc/{pid}/fd/1"):
                    return pid
            except OSError:
                continue
        return None

    def envoy(self) -> int:
        """The process of Envoy."""
        (pid,) = (p for p in self.processes() if os.readlink(f"/proc/{p}/exe").endswith("/envoy"))
        return pid

    # --- requests -----------------------------------------------------------------------------

    def get(
        self,
        worker: str,
        path: str = "/",
        headers: Mapping[str, str] | None = None,
        *,
        proof: bool = True,
        timeout: float = 10,
    ) -> Reply:
        port = self.proof_port if proof else self.port
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
        try:
            connection.request(
                "GET", path, headers={"Host": f"{worker}.localhost", **(headers or {})}
            )
            response = connection.getresponse()
            found = {name.lower(): value for name, value in response.getheaders()}
            return Reply(response.status, found, response.read().decode())
        finally:
            connection.close()

    def answers(self, worker: str, status: int, seconds: float = 20) -> Reply:
        """Waits until the Worker's host answers with the status, whatever is in the way at first;
        returns that answer."""
        replies: list[Reply] = []

        def answered() -> bool:
            with suppress(OSError):
                replies.append(self.get(worker, timeout=2))
            return bool(replies) and replies[-1].status == status

        eventually(answered, seconds)
        return replies[-1]

    def serves(self, worker: str, text: str, seconds: float = 10) -> None:
        """Waits until the Worker answers so, whatever is in the way at first."""

        def answers() -> bool:
            try:
                reply = self.get(worker, timeout=2)
            except OSError:
                return False
            return (reply.status, reply.text) == (200, text)

        eventually(answers, seconds)


class Load:
    """Constant requests on keep-alive connections, until the end of the block."""

    def __init__(self, agent: Agent, worker: str, *headers: Mapping[str, str]) -> None:
        self.agent, self.worker = agent, worker
        self.headers = headers or ({},)
        self.answers: dict[str, int] = {}
        self.failures: list[str] = []
        self.ending = threading.Event()

    def __enter__(self) -> Load:
        self.threads = [threading.Thread(target=self._run, args=(h,)) for h in self.headers]
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.ending.set()
        for thread in self.threads:
            thread.join(20)

    def _run(self, headers: Mapping[str, str]) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.agent.port, timeout=20)
        while not self.ending.is_set():
            try:
                connection.request(
                    "GET", "/", headers={"Host": f"{self.worker}.localhost", **headers}
                )
                response = connection.getresponse()
                text = response.read().decode()
                if response.status != 200:
                    self.failures.append(f"{response.status} {text}")
                self.answers[text] = self.answers.get(text, 0) + 1
            except (OSError, http.client.HTTPException) as error:
                self.failures.append(repr(error))
                connection.close()
            time.sleep(0.001)
        connection.close()
