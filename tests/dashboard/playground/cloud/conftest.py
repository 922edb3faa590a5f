"""An account connected to the other side, and an address of its Worker on this loopback."""

from __future__ import annotations

import json
import re
import secrets
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.core.cache import cache
from django.utils import timezone

from dashboard.accounts.actor import Actor
from dashboard.cloud.accounts.connect import follow
from dashboard.cloud.models import CloudAccount, CloudTail, CloudTailEvent
from dashboard.cloud.tails import watches
from tests.dashboard.cloud.conftest import cloud_on, misbehave, other
from tests.dashboard.cloud.pages.conftest import account, never_leaves_this_process, root
from tests.factories import make_deployment, make_worker

__all__ = ["account", "cloud_on", "misbehave", "never_leaves_this_process", "other", "root"]


@dataclass
class Front:
    """Answers like Cloudflare in front of a Worker: an override chooses the version, `stable`
    answers else. `deliver` stores the tail's events of what came since, as the background work
    does; `sees` says for which requests there is one. `extra` are more header lines."""

    stable: str = ""
    worker: str = "shop"
    port: int = 0
    requests: list[dict[str, str]] = field(default_factory=list)
    pending: list[tuple[str, str, str]] = field(default_factory=list)
    extra: dict[str, str] = field(default_factory=dict)
    status: int = 200
    ignores_overrides: bool = False
    sees: Any = staticmethod(lambda number: True)

    def answer(self, headers: dict[str, str]) -> tuple[dict[str, str], bytes]:
        match = re.search(
            rf'{self.worker}="([^"]+)"', headers.get("cloudflare-workers-version-overrides", "")
        )
        version = match[1] if match and not self.ignores_overrides else self.stable
        ray = secrets.token_hex(8)
        self.requests.append(headers)
        if self.sees(len(self.requests)):
            self.pending.append((headers["sluice-probe"], ray, version))
        body = {"version": {"id": version}, "secret": headers.get("cf-access-client-secret", "")}
        return {"cf-ray": f"{ray}-FRA", **self.extra}, json.dumps(body).encode()

    def open_tail(self, account: CloudAccount) -> None:
        """Confirms this address for the Worker, whose tail is open."""
        now = timezone.now()
        follow(account, {self.worker: f"127.0.0.1:{self.port}"}, Actor(None, "shell", now))
        CloudTail.objects.create(
            account=account,
            worker=self.worker,
            watched_until=now + timedelta(minutes=2),
            state="open",
            opened_at=now - timedelta(minutes=1),
            claimed_until=now + timedelta(minutes=2),
        )

    def deliver(self) -> None:
        tail = CloudTail.objects.get()
        pending, self.pending = self.pending, []
        for nonce, ray, version in pending:
            CloudTailEvent.objects.create(
                tail=tail,
                nonce=nonce,
                ray=ray,
                worker=self.worker,
                version_id=version,
                outcome="ok",
                cpu_ms=2.1,
                at=timezone.now(),
                received_at=timezone.now(),
            )


@pytest.fixture
def front(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Front]:
    front = Front()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            lines, body = front.answer({n.lower(): v for n, v in self.headers.items()})
            self.send_response(front.status)
            for name, value in lines.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    front.port = server.server_port
    settings.CLOUD_LOOPBACK_PORTS = frozenset({front.port})
    settings.CLOUD_REQUESTS = True

    def wait_for_events(nonces: Any, workers: int, seconds: float) -> Any:
        front.deliver()
        return watches.events_of(nonces)

    monkeypatch.setattr(watches, "wait_for_events", wait_for_events)
    yield front
    server.shutdown()
    server.server_close()


@pytest.fixture
def shop(account: CloudAccount, front: Front) -> tuple[str, str]:
    """The candidate at 0% beside stable, a confirmed address, an open tail."""
    worker = make_worker(versions=2)
    new, old = worker.versions.newest_first()
    make_deployment(worker, (old, 100))
    make_deployment(worker, (new, 0), (old, 100))
    front.open_tail(account)
    front.stable = str(old.id)
    cache.clear()
    return str(new.id), str(old.id)
