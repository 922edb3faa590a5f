"""One running system: the Worker under load, its versions, its processes, its API."""

from __future__ import annotations

import json
import secrets
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from signal import SIGKILL, Signals

import httpx

from benchmarks.base.system import System
from benchmarks.torture import find

WORKER = "steady"
_EFFECT_SECONDS = 0.1
"""Until others have noticed what a signal did."""
WORKER_SOURCE = """\
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

function echo() {
  const [client, server] = Object.values(new WebSocketPair());
  server.accept();
  server.addEventListener("message", (event) => server.send(event.data));
  return new Response(null, { status: 101, webSocket: client });
}

export default {
  async fetch(request, env) {
    const { pathname } = new URL(request.url);
    if (request.headers.get("Upgrade") === "websocket") return echo();
    if (pathname === "/slow") await wait(1000);
    if (pathname === "/loop") while (true);
    if (pathname === "/memory") {
      const blocks = [];
      while (true) blocks.push("x".repeat(1e6) + blocks.length);
    }
    return new Response(env.VERSION.id);
  },
};
"""


class Site:
    """`stable` and `candidate` share the traffic; overrides ask for `stable`."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.password = secrets.token_urlsafe(16)
        self.system = System(data, {"SLUICE_DEMO": "0", "SLUICE_ADMIN_PASSWORD": self.password})
        self._http = httpx.Client(timeout=30)
        #: When the last signal was sent, and when everybody had noticed.
        self.struck: tuple[float, float] | None = None
        #: Requests of the faults themselves: whether they are answered is not what counts.
        self.asked = 0

    def start(self) -> None:
        self.system.start()
        self.stable = self.system.upload(WORKER, WORKER_SOURCE, live=True)
        self.candidate = self.system.upload(WORKER, f"{WORKER_SOURCE}// candidate\n")
        self.deploy_split(60)
        eventually(self.is_answering, 20)

    def start_again(self) -> None:
        """`make run` once more; what an earlier one left behind says nothing about this one."""
        (self.data / "run.json").unlink(missing_ok=True)
        self.system.start()

    def deploy_split(self, stable: float) -> str:
        return self.system.deploy(WORKER, (self.stable, stable), (self.candidate, 100 - stable))

    def try_split(self, stable: float) -> bool:
        """A deployment that may fail, as while the dashboard is away."""
        versions = [
            {"version_id": self.stable, "percentage": stable},
            {"version_id": self.candidate, "percentage": 100 - stable},
        ]
        body = {"strategy": "percentage", "versions": versions}
        return self.try_call("POST", f"{WORKER}/deployments", json=body) == 200

    def try_call(self, method: str, path: str, **given: object) -> int:
        """The status of an API call, 0 without an answer."""
        account = (self.data / "account_id").read_text().strip()
        token = (self.data / "shown_token").read_text()
        url = f"http://127.0.0.1:{self.system.http_port}/client/v4/accounts/{account}"
        with suppress(httpx.HTTPError):
            headers = {"Authorization": f"Bearer {token}"}
            given = {"headers": headers, "timeout": 5.0, **given}
            return self._http.request(method, f"{url}/workers/scripts/{path}", **given).status_code  # type: ignore[arg-type]
        return 0

    def upload_more(self, number: int) -> str:
        return self.system.upload(WORKER, f"{WORKER_SOURCE}// more {number}\n")

    def pids(self, role: str) -> list[int]:
        return find.processes(self.data).get(role, [])

    def signal(self, role: str, number: Signals) -> None:
        self._strike(self.pids(role), number)

    def signal_version(self, version_id: str, number: Signals) -> None:
        self._strike(find.version_pids(self.data, version_id), number)

    def _strike(self, pids: list[int], number: Signals) -> None:
        """Looking for the processes takes a while: the instant is that of the signal."""
        sent_at = time.monotonic()
        find.send(pids, number)
        if number is SIGKILL:
            eventually(lambda: not any(find.is_alive(pid) for pid in pids), 10)
        self.struck = sent_at, time.monotonic() + _EFFECT_SECONDS

    def ask_in_background(self, path: str, version_id: str) -> None:
        """A request pinned to one version; nobody waits for its answer."""
        headers = {
            "Host": f"{WORKER}.localhost",
            "Cloudflare-Workers-Version-Overrides": f'{WORKER}="{version_id}"',
        }

        def ask() -> None:
            with suppress(httpx.HTTPError):
                httpx.get(f"{self.edge_url}{path}", headers=headers, timeout=30)

        self.asked += 1
        threading.Thread(target=ask, daemon=True).start()

    @property
    def edge_url(self) -> str:
        return f"http://127.0.0.1:{self.system.edge_port}"

    def is_answering(self) -> bool:
        with suppress(httpx.HTTPError):
            host = {"Host": f"{WORKER}.localhost"}
            return httpx.get(self.edge_url, headers=host, timeout=1).status_code == 200
        return False

    def is_complete(self) -> bool:
        """Every process of it runs, the dashboard answers, and every version of the deployment
        runs at the edge."""
        found = find.processes(self.data)
        roles = {"run", "web", "work", "agent", "envoy", "version"}
        if not roles <= found.keys():
            return False
        with suppress(httpx.HTTPError, OSError, ValueError):
            url = f"http://127.0.0.1:{self.system.http_port}/healthz"
            if self._http.get(url, timeout=2).status_code != 200:
                return False
            versions = json.loads((self.data / "edge" / "status.json").read_text())["versions"]
            return {versions.get(i) for i in (self.stable, self.candidate)} == {"running"}
        return False

    def stop(self) -> None:
        with suppress(Exception):
            self.system.stop()
        self.system.close()
        self._http.close()


def eventually(check: Callable[[], bool], seconds: float) -> bool:
    """Whether `check` became true within `seconds`."""
    deadline = time.monotonic() + seconds
    while not check():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True
