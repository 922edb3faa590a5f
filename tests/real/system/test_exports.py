"""Log export of a whole system, through failures: every request arrives, with its version."""

from __future__ import annotations

import gzip
import json
import os
import signal
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.running import System

pytestmark = pytest.mark.real


@pytest.fixture
def receiver():
    """Refuses the first two batches, then takes everything."""
    taken, refused = [], []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"]))
            if len(refused) < 2:
                refused.append(body)
                self.send_response(503)
            else:
                taken.append(body)
                self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/", taken, refused
        server.shutdown()


def exporter(system: System) -> int:
    """The process id of this system's background work."""
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            command = (entry / "cmdline").read_bytes()
            environment = (entry / "environ").read_bytes()
        except OSError:
            continue
        if b"dashboard.run.work" in command and str(system.data_dir).encode() in environment:
            return int(entry.name)
    raise AssertionError("no process of background work")


def rays(taken):
    bodies = [gzip.decompress(body) for body in list(taken)]
    records = [json.loads(line) for body in bodies for line in body.splitlines()]
    return {r["Event"]["RayID"] for r in records if r["ScriptName"] == "exported"}


@pytest.fixture
def job(system, receiver):
    """Its path: an export of everything to the receiver."""
    url, _, _ = receiver
    given = {
        "destination_conf": url,
        "enabled": True,
        "max_upload_records": 20,
        "max_upload_interval_seconds": 1,
    }
    answer = system.api("POST", "/logpush/jobs", json=given)
    assert answer.status_code == 200, answer.text
    yield (path := f"/logpush/jobs/{answer.json()['result']['id']}")
    assert system.api("DELETE", path).status_code == 200


def test_nothing_is_lost_when_receiver_and_work_process_are_down(system, receiver, job):
    _, taken, refused = receiver
    system.upload("exported", "export default { fetch: () => new Response('ok') };")
    system.wait_for(system.active("exported")["id"], "exported")
    sent = []
    for n in range(120):
        sent.append(system.get("exported").headers["cf-ray"])
        time.sleep(0.02)
        if n == 60:
            os.kill(exporter(system), signal.SIGKILL)
    deadline = time.monotonic() + 40
    while not set(sent) <= rays(taken) and time.monotonic() < deadline:
        time.sleep(0.2)
    missing = set(sent) - rays(taken)
    assert not missing, len(missing)
    assert len(refused) == 2 and len(taken) >= 6
    shown = system.api("GET", job).json()["result"]
    assert shown["error_message"] is None and shown["sluice"]["missed_records"] == 0
    assert shown["sluice"]["dead_letters"] == 0
