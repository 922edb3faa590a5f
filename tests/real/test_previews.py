"""Versions at their own addresses, on a whole system: started on request, ended when unused."""

from __future__ import annotations

import base64
import json
import socket
import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from websockets.sync.client import connect

from routing.agent.base.messages import PREVIEWS_BUSY
from tests.eventually import eventually
from tests.running import OVERRIDES, System

pytestmark = [pytest.mark.real, pytest.mark.in_order]

SAYS = """export default {{ async fetch(request, env) {{
  const {{ pathname }} = new URL(request.url);
  if (pathname === "/call" && env.PRICING) return env.PRICING.fetch(request);
  if (pathname === "/slow") await scheduler.wait(6000);
  return Response.json({{ says: {says!r}, got: request.headers.get("x-edge-cluster"),
    key: request.headers.get("cloudflare-workers-version-key"), body: await request.text() }});
}} }}"""


@pytest.fixture(scope="module")
def system(tmp_path_factory):
    """The demo, and an edge that runs two previews for two seconds after their last request."""
    settings = {
        "SLUICE_EDGE_PREVIEWS": "2",
        "SLUICE_EDGE_PREVIEW_IDLE_SECONDS": "3",
        "SLUICE_EDGE_WAIT_UNTIL_SECONDS": "0.2",
    }
    running = System(tmp_path_factory.mktemp("previews") / "data", environment=settings)
    running.start()
    upload(running, "shop", "one", create=True)
    eventually(lambda: running.get("shop").status_code == 200)
    yield running
    running.stop()


def upload(system, worker, says="", *, code="", bindings=(), create=False, alias=""):
    """A version's id; with `create` the first one of a Worker, deployed at 100%."""
    notes = {"workers/alias": alias} if alias else {}
    metadata = {
        "main_module": "index.js",
        "compatibility_date": "2026-08-01",
        "bindings": list(bindings),
        "annotations": notes,
    }
    code = (code or SAYS.format(says=says)).encode()
    files = {
        "metadata": (None, json.dumps(metadata)),
        "index.js": ("index.js", code, "application/javascript+module"),
    }
    path = f"/workers/scripts/{worker}"
    if create:
        answer = system.api("PUT", path, files=files)
        return versions(system, worker)[0]["id"] if answer.is_success else pytest.fail(answer.text)
    answer = system.api("POST", f"{path}/versions", files=files)
    assert answer.is_success, answer.text
    return answer.json()["result"]["id"]


def says(answer):
    """The version's response; any other response as a whole."""
    assert answer.status_code == 200, (answer.status_code, answer.text)
    return answer.json()["says"]


def versions(system, worker):
    return system.api("GET", f"/workers/scripts/{worker}/versions").json()["result"]["items"]


def running(system):
    status = json.loads((system.data_dir / "edge/status.json").read_bytes())
    return {key for key, state in status["versions"].items() if state == "running"}


def test_a_version_in_no_deployment_answers_at_its_own_address(system):
    two = upload(system, "shop", "two")
    assert two not in running(system)
    began = time.monotonic()
    answer = system.get(f"{two[:8]}-shop", "/x?y=1")
    assert says(answer) == "two"
    assert time.monotonic() - began < 5
    assert answer.headers["x-sluice-version"] == two
    assert answer.headers["x-sluice-reason"] == "preview"
    assert "x-sluice-override" not in answer.headers and "x-sluice-deployment" not in answer.headers
    assert says(system.get("shop")) == "one"


def test_nothing_in_a_request_changes_which_version_answers(system):
    two = versions(system, "shop")[0]["id"]
    one = versions(system, "shop")[1]["id"]
    forged = {
        OVERRIDES: f'shop="{one}"',
        "Cloudflare-Workers-Version-Key": "k",
        "x-edge-cluster": one,
        "x-edge-host": f"{one[:8]}-shop.localhost",
        "x-edge-preview": "hello",
    }
    url = f"http://127.0.0.1:{system.edge_port}/"
    answer = httpx.post(
        url, headers={"Host": f"{two[:8]}-shop.localhost", **forged}, content=b"body " * 20_000
    )
    assert answer.headers["x-sluice-version"] == two
    found = answer.json()
    assert (found["says"], found["got"], found["key"]) == ("two", None, "k")
    assert len(found["body"]) == 100_000


def test_an_alias_leads_to_the_newest_version_that_has_it(system):
    upload(system, "shop", "three", alias="pr-1")
    assert says(system.get("pr-1-shop")) == "three"
    upload(system, "shop", "four", alias="pr-1")
    eventually(lambda: says(system.get("pr-1-shop")) == "four")


def test_many_who_ask_at_once_start_one_process(system):
    five = upload(system, "shop", "five")
    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda _: system.get(f"{five[:8]}-shop"), range(24)))
    assert {(a.status_code, a.headers["x-sluice-version"]) for a in answers} == {(200, five)}


def test_what_it_calls_is_reached_although_no_deployed_version_calls_it(system):
    upload(system, "stock", "stock one", create=True)
    binding = {"type": "service", "name": "PRICING", "service": "stock"}
    caller = upload(system, "shop", "caller", bindings=[binding])
    answer = system.get(f"{caller[:8]}-shop", "/call")
    assert says(answer) == "stock one"


def test_a_worker_that_was_never_deployed_can_be_looked_at(system):
    system.api("POST", "/workers/workers", json={"name": "draft"})
    code = base64.b64encode(SAYS.format(says="draft").encode()).decode()
    module = {
        "name": "index.js",
        "content_type": "application/javascript+module",
        "content_base64": code,
    }
    given = {
        "main_module": "index.js",
        "compatibility_date": "2026-08-01",
        "bindings": [],
        "modules": [module],
    }
    made = system.api("POST", "/workers/workers/draft/versions", json=given).json()["result"]
    host = made["urls"][0].removeprefix("http://").partition(":")[0]
    answer = system.get(host.removesuffix(".localhost"))
    assert says(answer) == "draft"
    assert system.get("draft").status_code == 404


def test_a_websocket_stays_open_at_a_versions_own_address(system):
    code = """export default { fetch(request) {
      const [client, server] = Object.values(new WebSocketPair());
      server.accept();
      server.addEventListener("message", e => server.send("heard " + e.data));
      return new Response(null, { status: 101, webSocket: client });
    } }"""
    talks = upload(system, "shop", code=code)
    with (
        socket.create_connection(("127.0.0.1", system.edge_port)) as raw,
        connect(f"ws://{talks[:8]}-shop.localhost:{system.edge_port}/", sock=raw) as talk,
    ):
        for n in range(3):
            talk.send(f"{n}")
            assert talk.recv(5) == f"heard {n}"
            time.sleep(2)  # longer in all than an idle version lives


def test_only_so_many_run_and_they_end_when_nobody_asks(system):
    uploaded = [upload(system, "shop", f"n{n}") for n in range(3)]
    for version_id in uploaded:
        assert says(system.get(f"{version_id[:8]}-shop"))
    eventually(lambda: len(running(system) & set(uploaded)) <= 2)
    eventually(lambda: not running(system) & set(uploaded), 20)
    assert says(system.get(f"{uploaded[0][:8]}-shop")) == "n0"


def test_a_request_in_flight_is_never_cut(system):
    six = upload(system, "shop", "six")
    found = []
    thread = threading.Thread(target=lambda: found.append(system.get(f"{six[:8]}-shop", "/slow")))
    thread.start()
    time.sleep(1)
    for n in range(3):
        system.get(f"{upload(system, 'shop', f'm{n}')[:8]}-shop")
    thread.join(20)
    assert [says(a) for a in found] == ["six"]


def test_when_all_places_are_busy_the_next_one_is_told_so_and_nothing_else_suffers(system):
    busy = [upload(system, "shop", f"busy {n}") for n in range(2)]
    threads = [
        threading.Thread(target=system.get, args=(f"{v[:8]}-shop", "/slow"), daemon=True)
        for v in busy
    ]
    other = upload(system, "shop", "other")
    for thread in threads:
        thread.start()
    eventually(lambda: set(busy) <= running(system))
    time.sleep(0.5)  # both have the request by now
    answer = system.get(f"{other[:8]}-shop")
    assert answer.status_code == 503
    assert answer.text == f"{PREVIEWS_BUSY}\n"
    assert system.get("shop").status_code == 200
    for thread in threads:
        thread.join(20)
    eventually(lambda: system.get(f"{other[:8]}-shop").status_code == 200, 10)


def test_a_version_that_is_deployed_while_it_is_looked_at_keeps_its_process(system):
    seven = upload(system, "shop", "seven")
    assert system.get(f"{seven[:8]}-shop").status_code == 200
    live = system.active("shop")["versions"][0]["version_id"]
    made = system.deploy("shop", (seven, 0), (live, 100))
    system.wait_for(made["id"], "shop")
    answer = system.client.get(
        f"http://127.0.0.1:{system.edge_port}/",
        headers={"Host": "shop.localhost", OVERRIDES: f'shop="{seven}"'},
    )
    assert (says(answer), answer.headers["x-sluice-reason"]) == ("seven", "override")
    assert system.get(f"{seven[:8]}-shop").headers["x-sluice-reason"] == "preview"


def test_what_is_no_address_is_said_and_a_workers_name_wins(system):
    answer = system.get("00000000-shop")
    assert (answer.status_code, answer.headers["content-type"]) == (
        404,
        "text/plain; charset=utf-8",
    )
    assert answer.text.startswith("No version of shop has an id that begins with 00000000")
    for host in ("nobody", "some-body", "a.b"):
        answer = system.get(host)
        assert answer.status_code == 404 and "There is no Worker at this host name" in answer.text
    first = versions(system, "shop")[-1]["id"]
    upload(system, f"{first[:8]}-shop", "a Worker", create=True)
    eventually(lambda: "a Worker" in system.get(f"{first[:8]}-shop").text)


def test_switched_off_no_version_has_an_address(system):
    newest = versions(system, "shop")[0]["id"]
    path = "/workers/scripts/shop/subdomain"
    system.api("POST", path, json={"enabled": True, "previews_enabled": False})
    eventually(lambda: system.get(f"{newest[:8]}-shop").status_code == 404)
    assert "preview URLs are off" in system.get(f"{newest[:8]}-shop").text
    assert system.get("shop").status_code == 200
    system.api("POST", path, json={"enabled": True, "previews_enabled": True})
    eventually(lambda: system.get(f"{newest[:8]}-shop").status_code == 200)


def test_a_workers_address_says_why_nothing_answers(system):
    system.api("POST", "/workers/workers", json={"name": "empty"})
    assert "The Worker empty has no deployment yet" in system.get("empty").text
    path = "/workers/scripts/shop"
    system.api("POST", f"{path}/subdomain", json={"enabled": False, "previews_enabled": True})
    words = "address of the Worker shop is switched off"
    eventually(lambda: words in system.get("shop").text)
    refused = system.api("PUT", f"{path}/routes", json=[{"pattern": "example.net/*"}])
    assert refused.status_code == 400 and "stays switched on" in refused.text
    eventually(lambda: system.get("shop").status_code == 200)


def test_its_requests_are_found_by_version_and_are_no_part_of_the_deployments_traffic(system):
    worker = "quiet"
    upload(system, worker, "live", create=True)
    other = upload(system, worker, "other")
    for _ in range(5):
        assert system.get(f"{other[:8]}-{worker}").status_code == 200

    def rows():
        database = sqlite3.connect(system.data_dir / "sluice.sqlite3")
        try:
            return database.execute(
                "select reason, deployment_id, version_id from routing_invocation where worker=?",
                (worker,),
            ).fetchall(), database.execute(
                "select hop, sum(requests) from observability_count "
                "where worker=? and span=60 group by hop",
                (worker,),
            ).fetchall()
        finally:
            database.close()

    eventually(lambda: rows()[1] == [("preview", 5)], 10)
    assert rows()[0] == [("preview", "", other)] * 5
