"""Guided rollouts on a whole running system: real Workers, real traffic, the real conductor."""

from __future__ import annotations

import json
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from standardwebhooks import Webhook

from tests.real.receiver import Receiver, hook
from tests.real.rollouts import (
    Traffic,
    events,
    kill,
    rollout,
    row,
    shares_by_rollout,
    staged,
    start,
    wait_until,
    wait_until_counted,
)
from tests.running import OVERRIDES, System

pytestmark = [pytest.mark.real, pytest.mark.in_order]

FAILS_HALF = """
let calls = 0;
export default {
  fetch() { return new Response("", { status: ++calls % 2 ? 500 : 200 }); },
};
"""

GOOD = """
export default { fetch() { return new Response("good"); } };
"""
SLOW = """
export default {
  async fetch() { await scheduler.wait(80); return new Response("late"); },
};
"""
LEAKS = """
const kept = [];
export default {
  fetch() {
    kept.push(new Array(1 << 21).fill(0.5));
    return new Response("ok");
  },
};
"""

SUITE = """
name: smoke
checks:
  - name: home
    assert:
      - {status: 200}
      - {header: content-type, contains: json}
      - {json: $.version.id}
      - {same_as_stable: {except: [$.version.tag]}}
  - name: script
    script: >
      curl -fsS -H "$SLUICE_OVERRIDE_HEADER" -H "$SLUICE_PERMISSION_HEADER" "$SLUICE_URL"
      | grep -q "$SLUICE_VERSION_ID"
"""


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    running = System(tmp_path_factory.mktemp("rollouts") / "data").start()
    yield running
    running.stop()


def test_a_good_candidate_reaches_100_percent_and_no_request_fails(system: System) -> None:
    candidate, _ = staged(system, "hello")
    suite = system.data_dir / "suite.yaml"
    suite.write_text(SUITE)
    system.manage("smoke", "import", "--worker", "hello", str(suite))
    # Overrides are protected: the checks reach the candidate by the permission that they carry.
    system.manage("override", "protect", "--worker", "hello")
    follow_link(system, "hello", candidate)
    by_command = system.manage("smoke", "run", "--worker", "hello", "--suite", "smoke", "--json")
    checks = json.loads(by_command.splitlines()[-1])["checks"]
    assert [(c["name"], c["verdict"]) for c in checks] == [("home", "passed"), ("script", "passed")]
    with Traffic(system, "hello") as traffic:
        # In the middle of it: the next one goes on where this one was.
        killer = threading.Timer(5, kill, [system, "dashboard.run.work"])
        killer.start()
        words = ("--steps", "20:2s,50:2s,100", "--final-bake", "1s", "--suite", "smoke")
        ended, code = start(system, "hello", candidate, *words)
    killer.join()
    assert (ended["state"], code) == ("done", 0), ended
    assert shares_by_rollout(system, "hello", candidate) == [0, 20, 50, 100]
    assert "checks_passed" in [code for code, _ in events(system, ended["id"])]
    assert set(traffic.statuses) == {200}


def follow_link(system: System, worker: str, candidate: str) -> None:
    """A link opens the candidate to a browser that sends no header; an override alone does not."""
    shared = json.loads(system.manage("override", "link", "--worker", worker, "--json"))
    address, host = f"http://127.0.0.1:{system.edge_port}", {"Host": f"{worker}.localhost"}
    link = shared["url"].partition(".localhost")[2].partition("/")[2]
    with httpx.Client(timeout=10, base_url=address, headers=host) as browser:
        deadline = time.monotonic() + 60
        while (answer := browser.get(f"/{link}")).status_code != 303:  # until the edge has it
            assert time.monotonic() < deadline, answer.text
            time.sleep(0.1)
        assert browser.get("/").json()["version"]["id"] == candidate  # by the cookie
        browser.cookies.clear()
        asked = {OVERRIDES: f'{worker}="{candidate}"'}
        assert browser.get("/", headers=asked).json()["version"]["id"] != candidate
        asked["Sluice-Override-Permission"] = shared["permission"]
        assert browser.get("/", headers=asked).json()["version"]["id"] == candidate


def test_it_goes_on_after_the_edge_hung_and_edge_and_web_were_killed(system: System) -> None:
    good = system.upload("hello", "export default { fetch() { return new Response('new'); } };")
    words = ("--worker", "hello", "--version", good, "--steps", "20:2s,50:2s,100", "--auto")
    started, _ = rollout(system, "start", *words, "--min-sample", "0", "--min-callers", "0")
    wait_until(system, started["id"], "state", "ramping")
    kill(system, "routing.agent", signal.SIGSTOP)
    wait_until(system, started["id"], "reason", "edges_waiting")
    assert row(system, started["id"])["state"] == "ramping", "it waits where it is"
    kill(system, "routing.agent")
    kill(system, "dashboard.run.web")
    wait_until(system, started["id"], "state", "done")
    wait_for_web(system)
    assert shares_by_rollout(system, "hello", good)[-4:] == [0, 20, 50, 100]
    stepped = [code for code, _ in events(system, started["id"]) if code in STEPS]
    assert stepped == ["staged", "confirmed", "step_safe", "step_safe"]


STEPS = {"staged", "confirmed", "step_safe", "stepped_up", "finished"}


def wait_for_web(system: System) -> None:
    deadline = time.monotonic() + 150
    while True:
        try:
            return system.api("GET", "/workers/scripts").close()
        except httpx.TransportError:
            assert time.monotonic() < deadline, "the web process was not started again"
            time.sleep(0.1)


def test_candidates_that_fail_are_rolled_back_and_verified(system: System) -> None:
    """Each on a Worker of its own at the same time: most of a rollout is waiting."""
    with ThreadPoolExecutor() as pool:
        rollouts = [
            pool.submit(fails_and_is_rolled_back, system),
            pool.submit(is_caught, system, "late", SLOW, "slower_than_stable"),
            pool.submit(is_caught, system, "leaky", LEAKS, "out_of_memory"),
        ]
    assert [rollout.exception() for rollout in rollouts] == [None] * 3


def fails_and_is_rolled_back(system: System) -> None:
    _, stable = staged(system, "pricing")
    bad = system.upload("pricing", FAILS_HALF)
    outside = system.data_dir / "guardrails.json"
    with Receiver() as receiver, Traffic(system, "pricing") as traffic:
        webhook = {"name": "carts", "url": f"{receiver.url}/guardrail", "every": "5s"}
        outside.write_text(json.dumps({"webhooks": [webhook]}))
        words = ("--steps", "30:20s,100", "--guardrails", str(outside))
        with (
            hook(system, "pricing", "before_step", "gate", f"{receiver.url}/gate") as gate,
            hook(system, "pricing", "on_rollback", "notice", f"{receiver.url}/notice") as notice,
        ):
            ended, code = start(system, "pricing", bad, *words)
            after = Counter(traffic.statuses)
            time.sleep(0.5)
            receiver.wait_for("/guardrail")
            receiver.wait_for("/notice")
    assert (ended["state"], code) == ("rolled_back", 1), ended
    assert traffic.statuses[500] == after[500], "stable answers everything again"
    assert {v["version_id"] for v in system.active("pricing")["versions"]} == {stable}
    codes = [code for code, _ in events(system, ended["id"])]
    assert "gate_opened" in codes
    why, *then = [code for code in codes if not code.startswith("hook")][-3:]
    assert why in {"worse_than_stable", "over_the_limit"}
    assert then == ["edges_ready", "verified"]
    assert Webhook(gate).verify(*receiver.signed("/gate"))["data"]["next"]["percentage"] == 30
    assert Webhook(notice).verify(*receiver.signed("/notice"))["type"] == "rollout.on_rollback"


def is_caught(system: System, worker: str, code: str, reason: str) -> None:
    """A candidate without a failed check or error of its own: every answer of one is 200, and the
    process of the other runs again at once."""
    stable = system.upload(worker, GOOD)
    system.wait_for(system.active(worker)["id"], worker, timeout=60)
    bad = system.upload(worker, code)
    with Traffic(system, worker) as traffic:
        while traffic.statuses[200] < 150:  # enough for p95
            time.sleep(0.05)
        wait_until_counted(system, stable, 120)
        ended, exit_code = start(system, worker, bad, "--steps", "30:20s,100")
    assert (ended["state"], exit_code) == ("rolled_back", 1), ended
    assert [code for code, _ in events(system, ended["id"])][-3] == reason
    if code is SLOW:
        assert set(traffic.statuses) == {200}


def test_after_a_way_back_tokens_wait_until_a_person_resumes(system: System) -> None:
    active = system.active("pricing")["versions"]
    body = {"strategy": "percentage", "versions": active}
    refused = system.api("POST", "/workers/scripts/pricing/deployments", json=body)
    assert refused.status_code == 409
    assert "rollout resume --worker pricing" in refused.json()["errors"][0]["message"]
    rollout(system, "resume", "--worker", "pricing", "--user", "admin")
    assert system.api("POST", "/workers/scripts/pricing/deployments", json=body).status_code == 200


def test_while_one_runs_every_other_deployment_is_refused(system: System) -> None:
    candidate, stable = staged(system, "checkout")
    words = ("--worker", "checkout", "--version", candidate, "--steps", "10:1h,100", "--auto")
    rollout(system, "start", *words)
    body = {"strategy": "percentage", "versions": [{"version_id": stable, "percentage": 100}]}
    refused = system.api("POST", "/workers/scripts/checkout/deployments", json=body)
    assert refused.status_code == 409
    assert "rollout abort --worker checkout" in refused.json()["errors"][0]["message"]
    system.upload("checkout", FAILS_HALF)  # a version alone stays allowed
    began = time.monotonic()
    ended, code = rollout(system, "abort", "--worker", "checkout", "--wait", "--timeout", "150")
    print(f"aborted and verified {time.monotonic() - began:.1f} s after the command began")
    assert (ended["state"], code) in {("rolled_back", 1), ("aborted", 1)}
    assert {v["version_id"] for v in system.active("checkout")["versions"]} == {stable}
