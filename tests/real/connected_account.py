"""A test that is connected to the API of a running system, with the background work of accounts."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from django.db import connections
from django.utils import timezone

from dashboard.accounts.actor import Actor
from dashboard.cloud.accounts.access import client_of
from dashboard.cloud.accounts.connect import connect, follow
from dashboard.cloud.egress.admission import admit
from dashboard.cloud.egress.send import send
from dashboard.cloud.egress.values import SentRequest, WorkerRequest
from dashboard.cloud.models import CloudAccount
from dashboard.cloud.tails.keeper import TailKeeper
from dashboard.cloud.verification.runner import VerificationRunner
from tests.eventually import eventually
from tests.running import OVERRIDES, System

CODE = """export default {
  fetch(request, env) {
    const { pathname } = new URL(request.url);
    return new Response(pathname === "/named" ? env.V.id : "ok", { status: 200 });
  },
};
// NUMBER
"""
METADATA = {"name": "V", "type": "version_metadata"}


def two_versions(system: System, worker: str) -> tuple[str, str]:
    """A new Worker at half each; the ids, newest first."""
    old, new = (system.upload(worker, CODE.replace("NUMBER", n), METADATA) for n in "12")
    system.wait_for(system.deploy(worker, (new, 50), (old, 50))["id"], worker)
    return new, old


def by() -> Actor:
    return Actor(None, "shell", timezone.now())


def connected(system: System, settings: Any, *workers: str) -> CloudAccount:
    """The system's account, with these Workers followed at their addresses on its edge."""
    settings.CLOUD_HOSTS, settings.CLOUD_REQUESTS = frozenset({"127.0.0.1"}), True
    settings.CLOUD_LOOPBACK_PORTS = frozenset({system.http_port, system.edge_port})
    account = connect(
        slug="other",
        token=system.token,
        base_url=f"http://127.0.0.1:{system.http_port}/client/v4",
        account_id="",
        by=by(),
    )
    follow(account, {name: f"{name}.localhost:{system.edge_port}" for name in workers}, by())
    return account


@contextmanager
def background_work() -> Iterator[None]:
    """Tails and verifications, as the work process runs them."""
    stop, keeper, runner = threading.Event(), TailKeeper(), VerificationRunner()

    def run() -> None:
        try:
            while not stop.wait(0.1):
                keeper.look(timezone.now())
                runner.look(timezone.now())
            assert eventually(lambda: all([keeper.close(), runner.close()]))
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(30)


def override(worker: str, version_id: str) -> tuple[str, str]:
    return OVERRIDES, f'{worker}="{version_id}"'


def sent(
    account: CloudAccount, worker: str, count: int, target: bytes = b"/", *lines: tuple[str, str]
) -> list[SentRequest]:
    """Requests on new connections, four at a time."""
    destination = admit(account, worker, by(), method="GET", target="/", count=count)
    request = WorkerRequest("GET", target, lines)
    with ThreadPoolExecutor(4) as pool:
        return list(pool.map(lambda _: send(destination, request), range(count)))


def logged_versions(account: CloudAccount, worker: str, rays: set[str]) -> dict[str, str]:
    """Version by ray in the other side's log, once it has all of them."""
    client, until = client_of(account), timezone.now() + timedelta(minutes=1)
    body = {
        "queryId": "test",
        "view": "events",
        "limit": 2000,
        "timeframe": {
            "from": int((until - timedelta(minutes=6)).timestamp() * 1000),
            "to": int(until.timestamp() * 1000),
        },
        "parameters": {"datasets": ["cloudflare-workers"], "filters": []},
    }

    def logged() -> dict[str, str] | None:
        time.sleep(0.2)
        versions = {
            event["$metadata"]["requestId"]: event["$workers"]["scriptVersion"]["id"]
            for event in client.telemetry(body)["events"]["events"]
            if event["$workers"]["scriptName"] == worker and "scriptVersion" in event["$workers"]
        }
        return versions if rays <= versions.keys() else None

    found = eventually(logged)
    return {ray: found[ray] for ray in rays}
