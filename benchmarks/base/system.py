"""The whole of Sluice in a folder of its own: `python -m dashboard.run`, and its API."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from benchmarks.base import machine
from routing.compile import names

HOME = Path(__file__).resolve().parents[2]
_PROGRAMS = {
    "dashboard.run": "run",
    "dashboard.run.web": "web",
    "dashboard.run.work": "work",
    "routing.agent": "agent",
}


def admin(edge_folder: Path, path: str) -> str:
    """An answer of the edge's Envoy on its admin socket."""
    transport = httpx.HTTPTransport(uds=str(edge_folder / names.ADMIN_SOCKET))
    with httpx.Client(transport=transport, timeout=30) as client:
        return client.get(f"http://envoy{path}").text


class System:
    """One run. `data_dir` outlives it: the next `System` on it is a second start."""

    def __init__(self, data_dir: Path, environment: Mapping[str, str] | None = None) -> None:
        self.data_dir = data_dir
        self.edge_folder = data_dir / "edge"
        self.http_port, self.edge_port = machine.free_port(), machine.free_port()
        self.start_seconds = 0.0
        self._environment = dict(environment or {})
        self._output = data_dir / "said.txt"
        self._http = httpx.Client(timeout=60)

    def start(self) -> None:
        """Returns when run.json says that everything is ready."""
        began = time.monotonic()
        with open(self._output, "wb") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "dashboard.run"],
                cwd=HOME,
                env=self.environment(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        self._wait_ready(began + 120)
        self.start_seconds = time.monotonic() - began

    def environment(self) -> dict[str, str]:
        """For its processes, and for `manage.py` on its data."""
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("SLUICE_")}
        own = {
            "SLUICE_DATA_DIR": str(self.data_dir),
            "SLUICE_HTTP_PORT": str(self.http_port),
            "SLUICE_EDGE_PORT": str(self.edge_port),
        }
        return inherited | own | self._environment

    def stop(self) -> None:
        """As Ctrl-C does."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait(60)

    def close(self) -> None:
        """Forgets its connections; nothing can be called afterwards."""
        self._http.close()

    def _wait_ready(self, deadline: float) -> None:
        while not (self.data_dir / "run.json").exists():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                sys.exit(f"Sluice did not start:\n{self._output.read_text()}")
            time.sleep(0.02)
        if shown := re.search(r"API token\s+(\S+)", self._settled_output()):
            (self.data_dir / "shown_token").write_text(shown[1])

    def _settled_output(self) -> str:
        """What it printed, once the greeting is complete: run.json comes a moment before."""
        while "Ctrl-C stops" not in (text := self._output.read_text()):
            time.sleep(0.01)
        return text

    # --- its processes ----------------------------------------------------------------------------

    def processes(self) -> dict[str, list[int]]:
        """Process ids by role: run, web, work, agent, envoy, workerd."""
        found: dict[str, list[int]] = {}
        for pid in [self._process.pid, *machine.children(self._process.pid)]:
            if role := _role(machine.command_line(pid)):
                found.setdefault(role, []).append(pid)
        return found

    # --- its API ----------------------------------------------------------------------------------

    def upload(self, worker: str, source: str, *, live: bool = False) -> str:
        """A new version's id; `live` creates the Worker and deploys the version at 100%."""
        metadata = {
            "main_module": "index.js",
            "compatibility_date": "2026-08-01",
            "bindings": [{"name": "VERSION", "type": "version_metadata"}],
        }
        parts = {
            "metadata": (None, json.dumps(metadata), "application/json"),
            "index.js": ("index.js", source, "application/javascript+module"),
        }
        if not live:
            return str(self.call("POST", f"{worker}/versions", files=parts)["id"])
        self.call("PUT", worker, files=parts)
        listed = self.call("GET", f"{worker}/deployments")["deployments"]
        return str(listed[0]["versions"][0]["version_id"])

    def deploy(self, worker: str, *shares: tuple[str, float]) -> str:
        """The new deployment's id; `shares` are (version id, percentage)."""
        versions = [{"version_id": version, "percentage": part} for version, part in shares]
        body = {"strategy": "percentage", "versions": versions}
        return str(self.call("POST", f"{worker}/deployments", json=body)["id"])

    def wait_for(self, worker: str, deployment: str, seconds: float = 20) -> None:
        """Until the edge routes by `deployment`, as its Envoy says."""
        deadline = time.monotonic() + seconds
        dump = "/config_dump?resource=dynamic_scoped_route_configs"
        while deployment not in admin(self.edge_folder, dump):
            if time.monotonic() > deadline:
                sys.exit(f"{worker}: deployment {deployment} has not reached the edge")
            time.sleep(0.02)
        time.sleep(0.5)  # Envoy's worker threads have it by then

    def call(self, method: str, path: str, **given: Any) -> Any:
        """The result of a request below `/workers/scripts/`; a refusal ends the run."""
        return self.call_account(method, f"workers/scripts/{path}", **given)

    def call_account(self, method: str, path: str, **given: Any) -> Any:
        """The result of a request below the account's address."""
        token = (self.data_dir / "shown_token").read_text()
        return self._call(method, path, token, **given)

    def upload_assets(self, token: str, files: Mapping[str, tuple[str, bytes, str]]) -> Any:
        """The result of the last upload of a session for static assets."""
        return self._call("POST", "workers/assets/upload?base64=true", token, files=files)

    def _call(self, method: str, path: str, token: str, **given: Any) -> Any:
        account = json.loads((self.data_dir / "run.json").read_text())["account_id"]
        answer = self._http.request(
            method,
            f"http://127.0.0.1:{self.http_port}/client/v4/accounts/{account}/{path}",
            headers={"Authorization": f"Bearer {token}"},
            **given,
        )
        if answer.status_code not in (200, 201, 202):
            sys.exit(f"{method} {path}: {answer.status_code} {answer.text}")
        return answer.json()["result"]


@contextmanager
def running(**environment: str) -> Iterator[System]:
    """A fresh system without the demo, gone with its folder afterwards."""
    with tempfile.TemporaryDirectory(prefix="sluice-bench-") as folder:
        Path(folder).chmod(0o711)
        system = System(Path(folder), {"SLUICE_DEMO": "0"} | environment)
        system.start()
        try:
            yield system
        finally:
            system.stop()


def _role(command: list[str]) -> str | None:
    if "-m" in command[:3]:
        return _PROGRAMS.get(command[command.index("-m") + 1])
    if command and command[0].endswith("/envoy"):
        return "envoy"
    return "workerd" if "serve" in command[:2] else None
