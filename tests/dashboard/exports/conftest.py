"""Real receivers on loopback, and jobs that send to them."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.utils import timezone

from dashboard.accounts.models import Role
from dashboard.exports.jobs import changes
from dashboard.exports.models import Job
from dashboard.exports.worker.job_step import advance
from tests.factories import make_deployment, make_edge, make_invocation, make_user, make_worker
from tests.running import free_port


@dataclass
class Receiver:
    """An HTTP endpoint that keeps what it took; `status` is what it answers."""

    status: int = 200
    said: bytes = b""
    location: str = ""
    taken: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/logs"

    def lines(self) -> list[dict[str, Any]]:
        """Every record that was taken, in order."""
        return [
            json.loads(line)
            for headers, body in self.taken
            if headers.get("content-encoding") == "gzip"
            for line in gzip.decompress(body).splitlines()
        ]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    kept = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            if kept.status < 300:
                kept.taken.append(({k.lower(): v for k, v in self.headers.items()}, body))
            self.send_response(kept.status)
            if kept.location:
                self.send_header("Location", kept.location)
            self.send_header("Content-Length", str(len(kept.said)))
            self.end_headers()
            self.wfile.write(kept.said)

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        kept.port = server.server_address[1]
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield kept
        server.shutdown()


@dataclass
class Store:
    """An S3-compatible server that checks every signature."""

    port: int
    key: str = ""
    secret: str = ""

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def client(self, name: str, **given: Any) -> Any:
        import boto3

        return boto3.client(
            name,
            endpoint_url=self.endpoint,
            region_name="us-east-1",
            aws_access_key_id=self.key or "none",
            aws_secret_access_key=self.secret or "none",
        )

    def destination(self, path: str = "logs/{DATE}", secret: str = "") -> str:
        return (
            f"s3://kept/{path}?region=us-east-1&endpoint={self.endpoint}"
            f"&access-key-id={self.key}&secret-access-key={secret or self.secret}"
        )


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """moto: the first calls, which make a user and a bucket, are free; the rest is checked."""
    started = Store(free_port())
    log = Path(tmp_path_factory.mktemp("store")) / "moto.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(started.port)],
            env=os.environ | {"INITIAL_NO_AUTH_ACTION_COUNT": "4"},
            stdout=output,
            stderr=output,
        )
    try:
        _wait(started, process, log)
        _prepare(started)
        yield started
    finally:
        process.terminate()
        process.wait(10)


def _wait(store: Store, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(300):
        try:
            httpx.get(f"{store.endpoint}/moto-api/data.json", timeout=2)
            return
        except httpx.HTTPError:
            assert process.poll() is None, log.read_text()
            time.sleep(0.1)
    raise AssertionError(log.read_text())


def _prepare(store: Store) -> None:
    store.client("s3").create_bucket(Bucket="kept")
    iam = store.client("iam")
    iam.create_user(UserName="exporter")
    allow = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    iam.put_user_policy(UserName="exporter", PolicyName="put", PolicyDocument=policy)
    made = iam.create_access_key(UserName="exporter")["AccessKey"]
    store.key, store.secret = made["AccessKeyId"], made["SecretAccessKey"]


@pytest.fixture(autouse=True)
def own_folder(settings: Any, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path


@pytest.fixture
def by(db: None) -> changes.Actor:
    return changes.Actor(make_user("root", Role.ADMIN), "api", timezone.now())


@pytest.fixture
def make_job(by: changes.Actor) -> Callable[..., Job]:
    """An enabled job; what is given goes into it as the API would have it."""

    def make(destination: str, **given: Any) -> Job:
        return changes.create({"destination_conf": destination, "enabled": True, **given}, by)

    return make


@dataclass
class Traffic:
    """Requests to `shop`, at one edge."""

    edge: Any = None
    deployment: Any = None

    def __call__(self, count: int = 1, **given: Any) -> list[Any]:
        if self.edge is None:
            self.edge = make_edge("e1")
            self.deployment = make_deployment(make_worker("shop"))
        return [make_invocation(self.edge, self.deployment, **given) for _ in range(count)]


@pytest.fixture
def traffic(db: None) -> Traffic:
    return Traffic()


@pytest.fixture
def step() -> Callable[..., bool]:
    """One step of a job, as a process of its own name would do it, `later` seconds from now."""

    def once(job: Job, later: float = 0, me: str = "me") -> bool:
        done = advance(job.pk, me, 10**9, timezone.now() + timedelta(seconds=later))
        job.refresh_from_db()
        return done

    return once
