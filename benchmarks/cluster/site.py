"""Sluice on its machines: set up from nothing, its processes by role, its API through the balancer.

The commands are those of docs/many-machines.md.
"""

from __future__ import annotations

import json
import os
import secrets
import signal
import ssl
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx

from benchmarks.base.authority import Authority
from benchmarks.cluster import stores
from benchmarks.cluster.machines import Machine, connect, open_switch
from benchmarks.cluster.release import Release
from benchmarks.torture.pages import Pages
from benchmarks.torture.site import WORKER, WORKER_SOURCE

READY_SECONDS = 60.0


class Site:
    """`folder` has a folder for each machine."""

    def __init__(self, folder: Path, release: Release) -> None:
        self.folder, self.release, self.joined = folder, release, release.joins
        self.password, self.account = secrets.token_urlsafe(16), secrets.token_hex(16)
        open_switch()
        self.balancer, self.front = connect("balancer", 5, folder), connect("front", 6, folder)
        self.postgresql, self.redis = (
            connect("postgresql", 11, folder),
            connect("redis", 12, folder),
        )
        self.web = [connect(f"web-{number}", 20 + number, folder) for number in (1, 2)]
        self.work = [connect(f"work-{number}", 30 + number, folder) for number in (1, 2)]
        self.edges = [connect(f"edge-{number}", 40 + number, folder) for number in (1, 2, 3)]
        Authority(folder).issue("balancer", self.balancer.address)
        self.tls = ssl.create_default_context(cafile=str(folder / "ca.pem"))
        self.http = httpx.Client(timeout=10, verify=self.tls)
        self.database_url = stores.make_postgresql(self.postgresql)
        self._write_secrets()

    def start(self) -> None:
        """From nothing to three edges that serve a Worker."""
        stores.start_postgresql(self.postgresql)
        stores.start_redis(self.redis)
        with ThreadPoolExecutor() as pool:
            if self.release.takes_turns:
                list(pool.map(self.setup, self.web))
            else:
                list(map(self.setup, self.web))
            for machine in self.web:
                self.start_role(machine, "web")
            for balancer in (self.balancer, self.front):
                stores.start_balancer(balancer, self.web, self.edges, self.folder)
            for machine in self.work:
                self.start_role(machine, "work")
            token = pool.submit(self.manage, "token", "create", "--name", "ci")
            list(pool.map(self.enroll, self.edges))
            self.token = token.result().split()[-1]
            self.wait("web is ready", self.is_web_ready)
        self.stable = self._create_worker()
        self.candidate = self._upload(f"{WORKER_SOURCE}// candidate\n")
        self.split = 60.0
        self.wait("edges serve", lambda: all(map(self.is_serving, self.edges)))
        self.deploy(60.0)
        self.pages = Pages(self.base_url, WORKER, self.password, self.tls)

    # --- commands and processes -------------------------------------------------------------------

    def setup(self, machine: Machine) -> str:
        return self._run(machine, "setup")

    def manage(self, *arguments: str) -> str:
        """`sluice manage …` on the first machine."""
        return self._run(self.web[0], "manage", *arguments)

    def enroll(self, machine: Machine) -> None:
        """Creates an edge and starts it; its token is in a file on its machine."""
        if self.release.joins:
            token = self.manage("edge", "add", "--name", machine.name).split()[-1]
        else:
            token = self.manage("edge", "create", "--name", machine.name).split()[-1]
        path = machine.folder / "edge_token"
        path.write_text(token)
        path.chmod(0o600)
        self.start_role(machine, "edge")

    def start_role(self, machine: Machine, role: str) -> None:
        environment = self._edge(machine) if role == "edge" else self._control(machine)
        machine.start(role, self.release.commands[role], environment, self.release.home)

    def restart(self, machine: Machine, role: str) -> None:
        """As systemd does with a process that was killed: after a second."""
        time.sleep(1)
        self.start_role(machine, role)

    def _run(self, machine: Machine, part: str, *arguments: str) -> str:
        command = [*self.release.commands[part], *arguments]
        return machine.run(command, self._control(machine), self.release.home)

    def _write_secrets(self) -> None:
        self.secrets = {
            "DATABASE_URL": self.database_url,
            "SLUICE_SECRET_KEY": secrets.token_urlsafe(48),
            "SLUICE_ACCOUNT_ID": self.account,
            "SLUICE_ADMIN_PASSWORD": self.password,
        }
        for name, value in self.secrets.items():
            (self.folder / name).write_text(value)

    def _control(self, machine: Machine) -> dict[str, str]:
        if self.release.reads_files:
            given = {f"{name}_FILE": str(self.folder / name) for name in self.secrets}
        else:
            given = dict(self.secrets)
        return (
            _inherited()
            | given
            | {
                "SLUICE_DATA_DIR": str(machine.folder / "data"),
                "REDIS_URL": f"redis://{self.redis.address}:6379/0",
                "SLUICE_HTTP_HOST": "0.0.0.0",
                "SLUICE_ALLOWED_HOSTS": f"{self.balancer.address},{machine.address}",
                "SLUICE_PUBLIC_URL": self.base_url,
                "SLUICE_BEHIND_TLS": "1",
                "SLUICE_TRUSTED_PROXIES": self.balancer.address,
                "SLUICE_DEMO": "0",
            }
        )

    def _edge(self, machine: Machine) -> dict[str, str]:
        kind = "JOIN_TOKEN" if self.joined else "TOKEN"
        return _inherited() | {
            "SLUICE_DATA_DIR": str(machine.folder / "data"),
            "SLUICE_CONTROL_URL": self.base_url,
            "SLUICE_CONTROL_CA_FILE": str(self.folder / "ca.pem"),
            "SSL_CERT_FILE": str(self.folder / "ca.pem"),  # for releases without the line above
            f"SLUICE_EDGE_{kind}_FILE": str(machine.folder / "edge_token"),
            "SLUICE_EDGE_NAME": machine.name,
            "SLUICE_EDGE_HOST": "0.0.0.0",
            "SLUICE_EDGE_PUBLIC_HEADERS": "1",
            "SLUICE_EDGE_CONCURRENCY": "1",
            "SLUICE_EDGE_TRUSTED_PROXIES": self.front.address,
        }

    # --- API and state ----------------------------------------------------------------------------

    @property
    def base_url(self) -> str:
        return f"https://{self.balancer.address}"

    def call(self, method: str, path: str, **given: Any) -> httpx.Response:
        """Through the balancer. Raises `httpx.HTTPError`."""
        headers = {"Authorization": f"Bearer {self.token}"}
        return self.http.request(method, f"{self.base_url}{path}", headers=headers, **given)

    def try_deploy(self, stable: float) -> int:
        """The status, 0 without an answer. 200: the deployment is in the database."""
        path = f"/client/v4/accounts/{self.account}/workers/scripts/{WORKER}/deployments"
        versions = [
            {"version_id": self.stable, "percentage": stable},
            {"version_id": self.candidate, "percentage": 100 - stable},
        ]
        body = {"strategy": "percentage", "versions": versions}
        try:
            answer = self.call("POST", path, json=body)
        except httpx.HTTPError:
            self.is_unsure = True
            return 0
        self.refusal = "" if answer.status_code == 200 else answer.text[:500]
        if answer.status_code == 200:
            self.deployment, self.is_unsure = str(answer.json()["result"]["id"]), False
        return answer.status_code

    refusal = ""
    is_unsure = False
    """Whether a deployment had no answer since the last that had one: it may be in the database."""

    def newest_deployment(self) -> str:
        path = f"/client/v4/accounts/{self.account}/workers/scripts/{WORKER}/deployments"
        answer = self.call("GET", path)
        answer.raise_for_status()
        return str(answer.json()["result"]["deployments"][0]["id"])

    def deploy(self, stable: float, seconds: float = 30) -> float:
        """Deploys, and waits until every running edge routes by it; seconds from the call."""
        began = time.monotonic()
        status = self.try_deploy(stable)
        assert status == 200, f"{status}: {self.refusal}"
        edges = [edge for edge in self.edges if edge.is_running("edge")]
        self.wait("deployed", lambda: all(map(self.has_deployment, edges)), seconds)
        return time.monotonic() - began

    def has_deployment(self, edge: Machine) -> bool:
        answer = self._ask(edge)
        return answer is not None and answer.headers.get("x-sluice-deployment") == self.deployment

    def is_serving(self, edge: Machine) -> bool:
        answer = self._ask(edge)
        return answer is not None and answer.status_code == 200

    def silent_edges(self) -> set[str]:
        """Edges that the API, and so every page, reports as silent."""
        answer = self.call("GET", "/api/edges")
        answer.raise_for_status()
        return {edge["name"] for edge in answer.json() if edge["silent_seconds"] is not None}

    def is_web_ready(self) -> bool:
        with suppress(httpx.HTTPError):
            return all(map(self._is_ready, self.web))
        return False

    def _is_ready(self, machine: Machine) -> bool:
        url = f"http://{machine.address}:8000"
        answer = self.http.get(f"{url}/readyz")
        if answer.status_code == 404:  # earlier releases have none
            answer = self.http.get(f"{url}/healthz")
        return answer.status_code == 200

    def is_complete(self) -> bool:
        """Every process runs, both web processes are ready, and all edges report."""
        parts = [(self.web, "web"), (self.work, "work"), (self.edges, "edge")]
        if not all(machine.is_running(role) for machines, role in parts for machine in machines):
            return False
        with suppress(httpx.HTTPError):
            return self.is_web_ready() and not self.silent_edges()
        return False

    def wait(self, what: str, check: Callable[[], bool], seconds: float = READY_SECONDS) -> float:
        """Seconds until it is true; ends the run with the logs if it does not become true."""
        began = time.monotonic()
        while not check():
            if time.monotonic() - began > seconds:
                raise SystemExit(f"Not after {seconds:.0f} s: {what}\n{self.logs()}")
            time.sleep(0.1)
        return time.monotonic() - began

    def logs(self, most: int = 1500) -> str:
        files = sorted(self.folder.glob("*/*.log"))
        return "\n".join(f"--- {f.parent.name}/{f.name}\n{f.read_text()[-most:]}" for f in files)

    def stop(self) -> None:
        """What is left ends with the namespaces."""
        self.http.close()
        for machine in [*self.edges, *self.work, *self.web, self.balancer, self.front, self.redis]:
            for process in machine.processes.values():
                with suppress(ProcessLookupError):
                    process.send_signal(signal.SIGKILL)

    def _ask(self, edge: Machine) -> httpx.Response | None:
        self.asked += 1
        with suppress(httpx.HTTPError):
            host = {"Host": f"{WORKER}.localhost"}
            return self.http.get(f"http://{edge.address}:8787/", headers=host, timeout=2)
        return None

    asked = 0
    """Requests of this class to edges, for the counts."""

    def _create_worker(self) -> str:
        path = f"/client/v4/accounts/{self.account}/workers/scripts/{WORKER}"
        answer = self.call("PUT", path, files=_parts(WORKER_SOURCE))
        answer.raise_for_status()
        [active] = self.call("GET", f"{path}/deployments").json()["result"]["deployments"]
        self.deployment = str(active["id"])
        return str(active["versions"][0]["version_id"])

    def _upload(self, source: str) -> str:
        path = f"/client/v4/accounts/{self.account}/workers/scripts/{WORKER}/versions"
        answer = self.call("POST", path, files=_parts(source))
        answer.raise_for_status()
        return str(answer.json()["result"]["id"])


def _inherited() -> dict[str, str]:
    own = ("SLUICE_", "DATABASE_URL", "REDIS_URL")
    return {name: value for name, value in os.environ.items() if not name.startswith(own)}


def _parts(source: str) -> dict[str, tuple[str | None, str, str]]:
    metadata = {
        "main_module": "index.js",
        "compatibility_date": "2026-08-01",
        "bindings": [{"name": "VERSION", "type": "version_metadata"}],
    }
    return {
        "metadata": (None, json.dumps(metadata), "application/json"),
        "index.js": ("index.js", source, "application/javascript+module"),
    }
