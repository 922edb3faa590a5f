"""`make run`, from an empty folder to Ctrl-C, with the demo: the scenario the product is for."""

from __future__ import annotations

import collections
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time

import httpx
import pytest

from routing.rules import affinity
from routing.rules.split import VersionWeight
from tests.real.run_processes import children_of, running_under
from tests.running import KEY, OVERRIDES, PASSWORD, PROJECT, System

TOKEN = "a-token-that-no-environment-shows"

pytestmark = [pytest.mark.real, pytest.mark.in_order]


@pytest.fixture(scope="module")
def system(tmp_path_factory):
    environment = {"SLUICE_METRICS_TOKEN": TOKEN, "SLUICE_EDGE_TOKEN": TOKEN}
    data = tmp_path_factory.mktemp("run") / "data"
    running = System(data, environment=environment, prepared=False).start()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def hello(system):
    """(id of the version at 0%, id of the one at 100%)."""
    return staged_and_stable(system, "hello")


def staged_and_stable(system, worker):
    shares = {v["percentage"]: v["version_id"] for v in system.active(worker)["versions"]}
    return shares[0], shares[100]


def ran(answer):
    return answer.json()["version"]["id"]


def override(worker, version):
    return {OVERRIDES: f'{worker}="{version}"'}


def test_it_says_where_everything_is_and_shows_secrets_once(system):
    assert "Shown once" in system.said and system.token.startswith("slc_")
    assert "correct horse battery" not in system.said
    run = system.run_json
    assert run["pid"] == system.process.pid
    assert run["api_base"].endswith("/client/v4")
    assert set(run) == {
        *("dashboard", "api_base", "account_id", "edge"),
        *("pid", "started", "ready_at"),
    }


def test_what_it_writes_is_its_owners_alone(system):
    for name in ("sluice.sqlite3", "secret_key", "edge_token", "edge/snapshot.json"):
        assert (system.data_dir / name).stat().st_mode & 0o077 == 0, name


def test_no_process_shows_a_secret_in_its_environment(system):
    """The edge gets none of them at all: it starts with a token of its own from a file."""
    ours = list(running_under(system.data_dir))
    assert len(ours) >= 6, "run, edge, web, work, Envoy and versions"
    for _, command, environment in ours:
        for secret in (PASSWORD, TOKEN):
            assert secret.encode() not in environment, command


def test_ordinary_requests_follow_the_percentages(system, hello):
    staged, stable = hello
    assert {ran(system.get("hello")) for _ in range(50)} == {stable}


def test_an_override_always_reaches_the_version_at_zero_percent(system, hello):
    staged, _ = hello
    answers = [system.get("hello", **override("hello", staged)) for _ in range(50)]
    assert {ran(a) for a in answers} == {staged}
    told = answers[0].headers
    assert (told["x-sluice-reason"], told["x-sluice-override"]) == ("override", "applied")
    assert told["x-sluice-version"] == staged and told["cf-ray"]


@pytest.mark.parametrize(
    ("value", "outcome"),
    [
        ("hello={staged}", {"invalid_header", "not_a_string"}),
        ('hello="', {"invalid_header"}),
        ('other="{staged}"', {"not_addressed"}),
        ("hello=42", {"not_a_string"}),
        ('hello=("{staged}")', {"not_a_string"}),
        ('hello="00000000-0000-4000-8000-000000000000"', {"unknown_version"}),
        ('hello="{upper}"', {"unknown_version"}),
        ('hello="{staged}', {"invalid_header"}),
        ("", {None}),
    ],
)
def test_every_broken_override_is_routed_as_if_absent(system, hello, value, outcome):
    staged, stable = hello
    header = value.format(staged=staged, upper=staged.upper())
    answer = system.get("hello", **{OVERRIDES: header})
    assert ran(answer) == stable
    assert answer.headers["x-sluice-reason"] == "percentage"
    said = answer.headers.get("x-sluice-override")
    assert said in outcome or (None in outcome and said == "absent")


def test_a_version_outside_the_deployment_is_told_apart(system, hello):
    staged, stable = hello
    system.wait_for(system.deploy("hello", (stable, 100))["id"], "hello")
    answer = system.get("hello", **override("hello", staged))
    assert answer.headers["x-sluice-override"] == "not_in_deployment"
    system.wait_for(system.deploy("hello", (staged, 0), (stable, 100))["id"], "hello")
    assert ran(system.get("hello", **override("hello", staged))) == staged


def test_a_key_sticks_and_stays_when_the_percentage_rises(system, hello):
    staged, stable = hello
    keys = [f"user-{n}" for n in range(100)]
    on_staged: set[str] = set()
    for percent in (20, 60):
        deployment = system.deploy("hello", (staged, percent), (stable, 100 - percent))
        system.wait_for(deployment["id"], "hello")
        shares = (
            VersionWeight(staged, percent * 1000),
            VersionWeight(stable, 100_000 - percent * 1000),
        )
        got = {key: ran(system.get("hello", **{KEY: key})) for key in keys}
        assert got == {key: affinity.pick([key], shares) for key in keys}
        now = {key for key, version in got.items() if version == staged}
        assert on_staged < now
        on_staged = now
    system.wait_for(system.deploy("hello", (staged, 0), (stable, 100))["id"], "hello")


def test_a_forwarded_and_an_explicit_override_reach_the_next_worker(system):
    checkout, _ = staged_and_stable(system, "checkout")
    staged, stable = staged_and_stable(system, "pricing")
    total = lambda answer: answer.json()["total"]["version"]["id"]  # noqa: E731
    both = {OVERRIDES: f'checkout="{checkout}", pricing="{staged}"'}
    forwarded = system.get("checkout", **both)
    assert (ran(forwarded), total(forwarded)) == (checkout, staged)
    assert total(system.get("checkout", f"/explicit?pricing={staged}")) == staged
    assert total(system.get("checkout")) == stable


def test_rpc_follows_percentages_and_no_override_reaches_it(system):
    staged, stable = staged_and_stable(system, "pricing")

    def split(n, **headers):
        answers = [system.get("checkout", "/rpc", **headers) for _ in range(n)]
        return collections.Counter(a.json()["total"]["version"]["id"] for a in answers)

    assert split(20, **override("pricing", staged)) == {stable: 20}
    system.wait_for(system.deploy("pricing", (staged, 50), (stable, 50))["id"], "pricing")
    time.sleep(1.5)  # a caller asks for the weights at most once a second
    counted = split(200)
    system.wait_for(system.deploy("pricing", (staged, 0), (stable, 100))["id"], "pricing")
    assert 60 < counted[staged] < 140, counted


def test_an_unknown_host_learns_how_names_map_and_nothing_else(system):
    answer = system.get("nobody")
    assert answer.status_code == 404 and "<worker>.localhost" in answer.text
    assert "hello" not in answer.text and "checkout" not in answer.text


def test_explain_agrees_with_the_edge(system, hello):
    staged, stable = hello
    lines = [
        {"worker": "hello", "headers": [[OVERRIDES, f'hello="{staged}"']]},
        {"worker": "hello", "headers": [[OVERRIDES, "hello=nonsense"]]},
        {"worker": "hello", "headers": [], "key": "user-1"},
    ]
    told = subprocess.run(
        [sys.executable, "manage.py", "explain", "--batch"],
        input="\n".join(map(json.dumps, lines)),
        cwd=PROJECT,
        env={**os.environ, "SLUICE_DATA_DIR": str(system.data_dir)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    for line, answer in zip(lines, map(json.loads, told), strict=True):
        headers = dict(line["headers"]) | ({KEY: line["key"]} if "key" in line else {})
        said = system.get("hello", **headers).headers
        assert answer["version_id"] == said["x-sluice-version"]
        assert answer["reason"] == said["x-sluice-reason"]
        assert answer["override"]["outcome"] == said.get("x-sluice-override", "absent")


def test_which_version_ran_reaches_the_control_plane(system, hello):
    staged, _ = hello
    ray = system.get("hello", **override("hello", staged)).headers["cf-ray"]
    query = "select version_id, reason, override from routing_invocation where ray = ?"
    deadline, row = time.monotonic() + 20, None
    while row is None and time.monotonic() < deadline:
        with sqlite3.connect(system.data_dir / "sluice.sqlite3") as rows:
            row = rows.execute(query, [ray]).fetchone()
        time.sleep(0.02)
    assert row == (staged, "override", "applied")


def test_a_taken_port_is_a_clear_message(system, tmp_path):
    second = System(tmp_path, http_port=system.http_port)
    with pytest.raises(AssertionError, match="port .* is taken.*SLUICE_HTTP_PORT=") as said:
        second.start()
    assert "Traceback" not in str(said.value)


def test_background_work_that_keeps_ending_stops_nothing_else(system):
    """Five kills within seconds used to stop the whole run, the edge included."""
    edge = children_of(system)["routing.agent"]
    seen: set[int] = set()
    deadline = time.monotonic() + 60
    while len(seen) < 4 and time.monotonic() < deadline:
        pid = children_of(system).get("dashboard.run.work")
        if pid is not None and pid not in seen:
            os.kill(pid, signal.SIGKILL)
            seen.add(pid)
        assert system.get("hello").status_code == 200
        time.sleep(0.05)
    health = lambda: httpx.get(f"http://127.0.0.1:{system.http_port}/healthz").json()  # noqa: E731
    while health()["status"] != "degraded" and time.monotonic() < deadline:
        time.sleep(0.05)
    assert health()["processes"]["work"]["state"] == "waiting"
    assert health()["processes"]["edge"] == {"state": "running", "restarts": 0}
    assert "work process keeps ending. Next start in" in (system.data_dir / "said.log").read_text()
    assert system.process.poll() is None and children_of(system)["routing.agent"] == edge


def test_the_dashboard_asks_for_a_sign_in(system):
    answer = httpx.get(f"http://127.0.0.1:{system.http_port}/workers/", timeout=10)
    assert answer.status_code == 302 and "/accounts/login/" in answer.headers["location"]
