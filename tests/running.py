"""A whole system for tests: `python -m dashboard.run` on free loopback ports, real all through."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import itertools
import json
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx

from tests.commands import Commands

PROJECT = Path(__file__).resolve().parent.parent
OVERRIDES = "Cloudflare-Workers-Version-Overrides"
KEY = "Cloudflare-Workers-Version-Key"
PASSWORD = "correct horse battery"


#: Below the ports that Linux and macOS give to outgoing connections, so that no client of another
#: test can take a port between `free_port` and the program that will listen on it.
FIRST_PORT, PORTS = 20_000, 12_000
_ports = itertools.count(secrets.randbelow(PORTS))


def free_port() -> int:
    """A loopback port without a listener; another one on every call."""
    for number in itertools.islice(_ports, PORTS):
        port = FIRST_PORT + number % PORTS
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise AssertionError("no loopback port is free")


MIGRATE = ("manage.py", "migrate", "-v0", "--noinput")
COLLECT = ("-m", "dashboard.ui.assets.collect")


def prepared_database() -> Path:
    """A folder with an SQLite file that is migrated: that takes four seconds of CPU."""

    def make(data: Path) -> None:
        _run(data, *MIGRATE)

    return _prepared("database", make, ("sluice.sqlite3",))


def prepared_data() -> Path:
    """A data folder with every migration and all static files, which take three seconds of CPU."""

    def make(data: Path) -> None:
        shutil.copy(prepared_database() / "sluice.sqlite3", data)
        _run(data, *COLLECT)

    return _prepared("data", make, ("sluice.sqlite3", "static"))


def _prepared(kind: str, make: Callable[[Path], None], names: tuple[str, ...]) -> Path:
    """A folder with these files of a new data folder, made once for the migrations as they are."""
    digest = hashlib.sha256((PROJECT / "requirements.txt").read_bytes())
    for path in sorted(PROJECT.glob("*/**/migrations/*.py")):
        if path.parts[len(PROJECT.parts)] in ("dashboard", "routing"):
            digest.update(path.read_bytes())
    folder = PROJECT / ".sluice-scratch" / "prepared"
    folder.mkdir(parents=True, exist_ok=True)
    made = folder / f"{kind}-{digest.hexdigest()[:16]}"
    with (folder / f"{kind}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            with tempfile.TemporaryDirectory(dir=folder) as data:
                make(Path(data))
                (part := Path(data) / "part").mkdir()
                for name in names:
                    os.replace(Path(data) / name, part / name)
                os.replace(part, made)
    return made


def _run(data: Path, *arguments: str) -> None:
    # Without DATABASE_URL: what is prepared is SQLite, whatever the tests run on.
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("SLUICE_")}
    inherited.pop("DATABASE_URL", None)
    command = [sys.executable, *arguments]
    environment = inherited | {"SLUICE_DATA_DIR": str(data)}
    subprocess.run(command, cwd=PROJECT, env=environment, check=True)


def prepare_data(folder: Path) -> None:
    """What `prepared_data` made, for a new system; static files that are newer are taken anew."""
    shutil.copytree(prepared_data(), folder, dirs_exist_ok=True)


@dataclass
class System:
    """One run of `make run`'s last step. `start` waits until it says it is ready. `prepared`: it
    begins with every migration and static file, which the start then has nothing to add to."""

    data_dir: Path
    http_port: int = field(default_factory=free_port)
    edge_port: int = field(default_factory=free_port)
    environment: dict[str, str] = field(default_factory=dict)
    said: str = ""
    process: subprocess.Popen[bytes] | None = None
    # One client: making one costs more than most requests (it reads all certificates).
    client: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=60))
    sessions: dict[str, str] = field(default_factory=dict)
    prepared: bool = True

    def start(self, timeout: float = 90) -> System:
        self.data_dir.mkdir(parents=True, exist_ok=True)
        database = self.data_dir / "sluice.sqlite3"
        elsewhere = "DATABASE_URL" in os.environ | self.environment
        if self.prepared and not elsewhere and not database.exists():
            prepare_data(self.data_dir)
        log = self.data_dir / "said.log"
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "dashboard.run"],
                cwd=PROJECT,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        deadline = time.monotonic() + timeout
        while "Ctrl-C stops" not in log.read_text():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise AssertionError(f"The system did not start:\n{log.read_text()}")
            time.sleep(0.05)
        self.said = log.read_text()
        return self

    def stop(self, with_signal: int = signal.SIGINT, timeout: float = 40) -> int:
        """Ctrl-C; the exit code."""
        assert self.process is not None
        self.commands.close()
        self.client.close()
        self.client = httpx.Client(timeout=60)
        if self.process.poll() is None:
            self.process.send_signal(with_signal)
        return self.process.wait(timeout)

    def _environment(self) -> dict[str, str]:
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("SLUICE_")}
        return inherited | {
            "SLUICE_DATA_DIR": str(self.data_dir),
            "SLUICE_HTTP_PORT": str(self.http_port),
            "SLUICE_EDGE_PORT": str(self.edge_port),
            "SLUICE_ADMIN_PASSWORD": PASSWORD,
            **self.environment,
        }

    def manage(self, *arguments: str) -> str:
        """`manage.py …` on this system's data; what it prints."""
        return self.commands.run(*arguments)

    @cached_property
    def commands(self) -> Commands:
        return Commands(self._environment())

    @property
    def run_json(self) -> dict[str, Any]:
        return dict(json.loads((self.data_dir / "run.json").read_text()))

    @property
    def token(self) -> str:
        """The API token that the first run showed, kept for the runs after it."""
        kept = self.data_dir / "shown_token"
        if not kept.exists():
            found = re.search(r"API token\s+(\S+)", self.said)
            assert found, self.said
            kept.write_text(found[1])
        return kept.read_text()

    def api(self, method: str, path: str, **given: Any) -> httpx.Response:
        """A call of the Cloudflare-compatible API; `path` starts after the account."""
        url = f"http://127.0.0.1:{self.http_port}/client/v4/accounts/{self.run_json['account_id']}"
        headers = {"Authorization": f"Bearer {self.token}"} | given.pop("headers", {})
        return self.client.request(method, url + path, headers=headers, **given)

    def session(self, name: str) -> str:
        """The session cookie of a person who signed in on the page, once for all tests: checking
        a password takes a third of a second of CPU."""
        if name not in self.sessions:
            url = f"http://127.0.0.1:{self.http_port}/accounts/login/"
            with httpx.Client(headers={"Referer": url}, timeout=60) as browser:
                browser.get(url)
                csrf = browser.cookies["csrftoken"]
                form = {"username": name, "password": PASSWORD, "csrfmiddlewaretoken": csrf}
                answer = browser.post(url, data=form)
                assert answer.status_code == 302, answer.text
                self.sessions[name] = browser.cookies["sessionid"]
        return self.sessions[name]

    def active(self, worker: str) -> dict[str, Any]:
        """The active deployment, as the API tells it."""
        answer = self.api("GET", f"/workers/scripts/{worker}/deployments").json()
        return dict(answer["result"]["deployments"][0])

    def deploy(self, worker: str, *shares: tuple[str, float]) -> dict[str, Any]:
        """`shares` as (version id, percentage); the answer's result."""
        versions = [{"version_id": v, "percentage": p} for v, p in shares]
        body = {"strategy": "percentage", "versions": versions}
        answer = self.api("POST", f"/workers/scripts/{worker}/deployments", json=body)
        assert answer.status_code == 200, answer.text
        return dict(answer.json()["result"])

    def upload(self, worker: str, code: str, *bindings: dict[str, str]) -> str:
        """A version's id. A new Worker's gets 100%, another one is in no deployment."""
        metadata = {"main_module": "index.js", "compatibility_date": "2026-08-01"}
        files = {
            "metadata": (None, json.dumps(metadata | {"bindings": bindings}), "application/json"),
            "index.js": ("index.js", code.encode(), "application/javascript+module"),
        }
        path = f"/workers/scripts/{worker}"
        if self.api("GET", f"{path}/versions").status_code == 404:
            answer = self.api("PUT", path, files=files)
            assert answer.status_code == 200, answer.text
            return str(self.active(worker)["versions"][0]["version_id"])
        answer = self.api("POST", f"{path}/versions", files=files)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["result"]["id"])

    def get(self, worker: str, path: str = "/", **headers: str) -> httpx.Response:
        """A request to the edge's public listener."""
        lines = {name.replace("_", "-"): value for name, value in headers.items()}
        url = f"http://127.0.0.1:{self.edge_port}{path}"
        for _ in range(4):
            answer = self.client.get(url, headers={"Host": f"{worker}.localhost", **lines})
            if answer.headers.get("x-sluice-override") != "unavailable":
                break  # else a busy machine missed the 250 ms that Envoy waits for a decision
        return answer

    def wait_for(self, deployment_id: str, worker: str, timeout: float = 20) -> None:
        """Until the edge decides by this deployment."""
        deadline = time.monotonic() + timeout
        while self.get(worker).headers.get("x-sluice-deployment") != deployment_id:
            assert time.monotonic() < deadline, "the deployment did not reach the edge"
            time.sleep(0.01)
