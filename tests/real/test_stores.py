"""The system that has outgrown one machine: PostgreSQL, Redis, and two web processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import psycopg
import pytest

from tests.eventually import eventually
from tests.running import OVERRIDES, PROJECT, System, free_port
from tests.stores import postgresql_server, redis

pytestmark = [pytest.mark.real, pytest.mark.in_order]


@pytest.fixture(scope="module")
def system(tmp_path_factory):
    folder = tmp_path_factory.mktemp("stores")
    with postgresql_server(folder) as database, redis(folder) as channels:
        running = System(
            folder / "data", environment={"DATABASE_URL": database.url, "REDIS_URL": channels}
        ).start()
        running.database = database
        yield running
        running.stop()


@pytest.fixture(scope="module")
def second_web(system):
    """Another web process on the same PostgreSQL and Redis; gives its port."""
    port = free_port()
    environment = system._environment() | {"SLUICE_HTTP_PORT": str(port)}
    process = subprocess.Popen(
        [sys.executable, "-m", "dashboard.run.web"], cwd=PROJECT, env={**os.environ, **environment}
    )
    try:
        eventually(lambda: process.poll() is not None or healthy(port), 90)
        assert process.poll() is None
        yield port
    finally:
        process.terminate()
        process.wait(30)


def healthy(port):
    """The first request loads the views, which takes long on a busy machine."""
    try:
        return httpx.get(f"http://127.0.0.1:{port}/healthz", timeout=60).is_success
    except httpx.HTTPError:
        return False


def test_the_demo_runs_on_postgresql_and_redis(system):
    shares = {v["percentage"]: v["version_id"] for v in system.active("hello")["versions"]}
    answer = system.get("hello", **{OVERRIDES: f'hello="{shares[0]}"'})
    assert answer.json()["version"]["id"] == shares[0]
    assert system.get("hello").json()["version"]["id"] == shares[100]


def test_a_deployment_through_the_second_web_process_reaches_the_edge_by_redis(system, second_web):
    shares = {v["percentage"]: v["version_id"] for v in system.active("hello")["versions"]}
    account = system.run_json["account_id"]
    url = f"http://127.0.0.1:{second_web}/client/v4/accounts/{account}"
    body = {
        "strategy": "percentage",
        "versions": [
            {"version_id": shares[0], "percentage": 5},
            {"version_id": shares[100], "percentage": 95},
        ],
    }
    answer = httpx.post(
        f"{url}/workers/scripts/hello/deployments",
        json=body,
        headers={"Authorization": f"Bearer {system.token}"},
        timeout=10,
    )
    began = time.monotonic()
    assert answer.status_code == 200, answer.text
    system.wait_for(answer.json()["result"]["id"], "hello", timeout=1)
    print(f"on the edge after {1000 * (time.monotonic() - began):.0f} ms")


def test_postgresql_itself_refuses_to_change_what_is_written_once(system):
    url = system.environment["DATABASE_URL"]
    with psycopg.connect(url) as rows, pytest.raises(psycopg.errors.IntegrityError, match="once"):
        rows.execute("update routing_version set tag = 'changed'")


def test_the_audit_trail_of_both_web_processes_is_one_chain(system, second_web):
    """Deployments and settings at once, each with its locks: no deadlock, no gap, no fork."""
    account, first = system.run_json["account_id"], system.http_port

    def change(number):
        port = (first, second_web)[number % 2]
        url = f"http://127.0.0.1:{port}/client/v4/accounts/{account}/workers/scripts"
        worker = ("hello", "pricing")[number // 2 % 2]
        authorization = {"Authorization": f"Bearer {system.token}"}
        with httpx.Client(headers=authorization, timeout=30) as client:
            if number < 8:
                body = {"tags": [f"t{number}"]}
                url = f"{url}/{worker}/script-settings"
                return client.patch(url, json=body).status_code
            shares = client.get(f"{url}/{worker}/deployments").json()["result"]["deployments"][0]
            body = {"strategy": "percentage", "versions": shares["versions"]}
            return client.post(f"{url}/{worker}/deployments", json=body).status_code

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(change, range(16))) == {200}
    command = [sys.executable, "manage.py", "audit", "verify", "--json"]
    environment = {**os.environ, **system._environment()}
    done = subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True)
    verdict = json.loads(done.stdout)
    assert done.returncode == 0 and verdict["intact"] and verdict["waiting"] == 0, done
    assert verdict["last"] >= 16


def test_the_conductor_fans_out_what_happened(system):
    """By its own process, from the rows that the web processes wrote."""
    sql = "select count(*), count(fanned_out_at) from notifications_outboxevent"
    deadline = time.monotonic() + 60
    with psycopg.connect(system.environment["DATABASE_URL"], autocommit=True) as rows:
        while True:
            written, fanned_out = rows.execute(sql).fetchone()
            if 9 <= written == fanned_out:
                return
            assert time.monotonic() < deadline, (written, fanned_out)
            time.sleep(0.2)


def test_while_postgresql_is_away_all_are_told_and_nothing_needs_a_restart(system):
    web = f"http://127.0.0.1:{system.http_port}"
    account = f"/client/v4/accounts/{system.run_json['account_id']}"
    token = {"Authorization": f"Bearer {system.token}"}
    addresses = {
        "/workers/": {},
        "/nowhere": {},
        f"{account}/workers/scripts": token,
        "/api/edges": token,
        "/healthz": {},
        "/readyz": {},
    }
    cookies = {"sessionid": system.session("admin")}
    with httpx.Client(base_url=web, cookies=cookies, timeout=30) as client:

        def answers():
            return {path: client.get(path, headers=headers) for path, headers in addresses.items()}

        answers()
        system.database.stop()
        try:
            away = answers()
            served = [system.get("hello").status_code for _ in range(20)]
        finally:
            system.database.start()
        deadline = time.monotonic() + 20
        while client.get("/readyz").status_code != 200:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        statuses = [{a.status_code for a in answers().values()} for _ in range(3)]

    assert {(a.status_code, a.headers["Retry-After"]) for a in away.values()} == {(503, "5")}
    assert "single-card" in away["/workers/"].text
    assert away[f"{account}/workers/scripts"].json()["errors"][0]["code"] == 10013
    assert away["/api/edges"].json()["error"] == "unavailable"
    assert served == [200] * 20
    assert statuses == [{200, 404}] * 3  # no connection is left from before
    active = system.active("hello")["versions"]
    made = system.deploy("hello", *((v["version_id"], v["percentage"]) for v in active))
    system.wait_for(made["id"], "hello", timeout=10)
