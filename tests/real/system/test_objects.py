"""Durable Objects: deployed by unmodified wrangler, moved by percentages, never in two versions."""

from __future__ import annotations

import json
import socket
import threading
from collections import Counter
from itertools import groupby

import httpx
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from tests.eventually import eventually
from tests.real.tailing import wrangler
from tests.running import OVERRIDES

pytestmark = [pytest.mark.real, pytest.mark.in_order]
WORKER, CALLER = "objects-counter", "objects-caller"
KEYS = [f"key-{n}" for n in range(12)]
OBJECT = """import { DurableObject } from "cloudflare:workers";
export class Counter extends DurableObject {
  constructor(ctx, env) {
    super(ctx, env);
    const create = "CREATE TABLE IF NOT EXISTS steps (n INTEGER PRIMARY KEY, version TEXT)";
    ctx.blockConcurrencyWhile(async () => ctx.storage.sql.exec(create));
  }
  async increment() {
    const n = ((await this.ctx.storage.get("n")) ?? 0) + 1;
    await this.ctx.storage.put("n", n);
    this.ctx.storage.sql.exec("INSERT INTO steps VALUES (?, ?)", n, "NAME");
    return { n, version: "NAME", name: this.ctx.id.name };
  }
  steps() {
    return this.ctx.storage.sql.exec("SELECT version FROM steps ORDER BY n").raw().toArray().flat();
  }
  async wake() {
    await this.ctx.storage.setAlarm(Date.now() + 100);
    return this.ctx.storage.getAlarm();
  }
  alarm() {
    return this.ctx.storage.put("rang", "NAME");
  }
  rang() {
    return this.ctx.storage.get("rang");
  }
  fetch(request) {
    const [client, server] = Object.values(new WebSocketPair());
    this.ctx.acceptWebSocket(server);
    return new Response(null, { status: 101, webSocket: client });
  }
  async webSocketMessage(socket, message) {
    socket.send(JSON.stringify({ message, ...(await this.increment()) }));
  }
}
"""
ENTRY = """export default {
  async fetch(request, env) {
    const [, method, name] = new URL(request.url).pathname.split("/");
    if (!name) return new Response("NAME");
    const object = env.COUNTERS.getByName(name);
    if (method === "socket") return object.fetch(request);
    return Response.json((await object[method]()) ?? null);
  },
};
"""
BINDING = {"type": "durable_object_namespace", "name": "COUNTERS", "class_name": "Counter"}


@pytest.fixture(scope="module")
def versions(system, tmp_path_factory, proxy):
    """Versions `one`, by wrangler, and `two`; and another Worker with a binding to the objects."""
    folder = tmp_path_factory.mktemp("objects")
    code = OBJECT + ENTRY
    (folder / "index.js").write_text(code.replace("NAME", "one"))
    binding = {"name": "COUNTERS", "class_name": "Counter"}
    config = {
        "name": WORKER,
        "main": "index.js",
        "compatibility_date": "2026-08-01",
        "durable_objects": {"bindings": [binding]},
        "migrations": [{"tag": "v1", "new_sqlite_classes": ["Counter"]}],
    }
    (folder / "wrangler.json").write_text(json.dumps(config))
    wrangler(system, folder, proxy, "deploy")
    one = str(system.active(WORKER)["versions"][0]["version_id"])
    two = system.upload(WORKER, code.replace("NAME", "two"), BINDING)
    system.upload(CALLER, ENTRY.replace("NAME", "caller"), {**BINDING, "script_name": WORKER})
    eventually(
        lambda: call(system, "increment", "first") and call(system, "steps", "first", CALLER)
    )
    return {"one": one, "two": two}


def call(system, method, name, worker=WORKER, **headers):
    answer = system.get(worker, f"/{method}/{name}", **headers)
    return answer.json() if answer.status_code == 200 else None


class Load(threading.Thread):
    """Increments, half of them from the other Worker, until `stop`."""

    def __init__(self, system, number):
        super().__init__()
        self.number, self.acknowledged, self.failed = number, Counter(), []
        self.address = f"http://127.0.0.1:{system.edge_port}"
        self.ending = threading.Event()

    def run(self):
        host = {"Host": f"{(WORKER, CALLER)[self.number % 2]}.localhost"}
        with httpx.Client(base_url=self.address, headers=host, timeout=60) as client:
            for turn in range(100_000):
                if self.ending.is_set():
                    return
                key = KEYS[(turn + 5 * self.number) % len(KEYS)]
                answer = client.get(f"/increment/{key}")
                if answer.status_code == 200:
                    self.acknowledged[key] += 1
                else:
                    self.failed.append(answer.text)

    def stop(self):
        self.ending.set()
        self.join()


def test_an_object_has_storage_an_alarm_and_sockets(system, versions):
    assert call(system, "increment", "a") == {"n": 1, "version": "one", "name": "a"}
    assert call(system, "increment", "a", CALLER)["n"] == 2
    assert call(system, "steps", "a", CALLER) == ["one", "one"]
    assert call(system, "steps", "b") == []
    assert call(system, "wake", "a") > 0
    eventually(lambda: call(system, "rang", "a") == "one")
    with open_socket(system, "a") as client:
        client.send("hello")
        assert json.loads(client.recv(10))["message"] == "hello"
    assert len(call(system, "steps", "a")) == 3


def open_socket(system, name):
    edge = socket.create_connection(("127.0.0.1", system.edge_port))
    url = f"ws://{WORKER}.localhost/socket/{name}"
    return connect(url, sock=edge, close_timeout=0.1)


def test_percentages_move_objects_without_a_lost_update(system, versions):
    one, two = versions["one"], versions["two"]
    load = [Load(system, number) for number in range(3)]
    for thread in load:
        thread.start()
    try:
        with open_socket(system, "watched") as client:
            client.send("before")
            assert json.loads(client.recv(20))["version"] == "one"
            for percentage in (0, 50, 100):
                shares = [(two, percentage), (one, 100 - percentage)]
                done = system.deploy(WORKER, *(shares if percentage < 100 else shares[:1]))
                system.wait_for(done["id"], WORKER)
                if percentage < 100:
                    check_override(system, two)
            with pytest.raises(ConnectionClosed) as closed:
                client.recv(20)
            assert closed.value.rcvd.code == 1012
        eventually(lambda: call(system, "increment", "last")["version"] == "two")
    finally:
        for thread in load:
            thread.stop()
    assert [failure for thread in load for failure in thread.failed] == []
    acknowledged = sum((thread.acknowledged for thread in load), Counter())
    assert sum(acknowledged.values()) > len(KEYS)
    for key in KEYS:
        ran_in = call(system, "steps", key)
        assert len(ran_in) == acknowledged[key], key
        assert [version for version, _ in groupby(ran_in)] in (["one"], ["one", "two"], ["two"])


def check_override(system, two):
    """The version answers the request; the object stays where the percentages have it."""
    line = {OVERRIDES.replace("-", "_"): f'{WORKER}="{two}"'}
    answer = system.get(WORKER, "/increment/pinned", **line)
    assert answer.headers["x-sluice-version"] == two
    assert answer.headers["x-sluice-override"] == "applied"
    assert answer.json()["version"] in ("one", "two")
