"""Whatever fails on an edge, what was there goes on answering; Envoy and workerd real."""

from __future__ import annotations

import os
import signal
import subprocess
import time

import pytest

from tests.eventually import eventually
from tests.real.agent import ALL, BAD, A, B, C, Load, answering

pytestmark = pytest.mark.real


def test_without_the_control_plane_the_edge_serves_and_so_it_does_after_a_restart(agent, control):
    agent.start().applied(control.deploy("till", (C, ALL)))
    eventually((agent.folder / "snapshot.json").exists)
    agent.applied(control.deploy("shop", (A, ALL)))
    control.delay = 5
    control.deploy("shop", (B, ALL))
    time.sleep(0.1)
    control.stop()  # in the middle of the fetch
    eventually(lambda: agent.status()["control"].startswith("away since"), 20)
    assert agent.get("shop").text == "a"
    assert agent.stop() == 0
    agent.start()
    agent.serves("shop", "a")
    assert agent.status()["revision"] == 3
    assert agent.stop() == 0
    (agent.folder / "snapshot.json").write_bytes(b"sluice-sealed-1\n")
    agent.start()
    agent.serves("till", "c")  # by the snapshot before
    assert agent.get("shop").status == 503
    eventually(lambda: "snapshot.json cannot be read" in agent.status()["error"])
    control.delay = 0
    control.start()
    agent.applied(4)
    assert agent.get("shop").text == "b"
    eventually(lambda: not agent.status()["error"])


def test_an_edge_without_a_snapshot_asks_to_come_back_and_one_that_knows_says_no(agent, control):
    control.stop()
    agent.start()
    eventually(lambda: "no snapshot yet" in agent.status().get("error", ""), 20)
    for host in ("shop", "a-b"):
        reply = agent.answers(host, 503)
        assert reply.headers["retry-after"] == "5"
        assert "waiting for its configuration" in reply.text
    control.start()
    agent.answers("shop", 404)
    control.deploy("shop", (BAD, ALL))
    assert "no version of it runs at this edge yet" in agent.answers("shop", 503).text
    control.deploy("shop", (A, ALL))
    agent.serves("shop", "a")


def test_killed_at_any_moment_of_a_switch_it_starts_clean_and_serves(agent, control):
    agent.start().applied(control.deploy("shop", (A, ALL)))
    for number, delay in enumerate((0.0, 0.02, 0.05, 0.1, 0.3)):
        found = answering(f"v{number}", 10 + number)
        revision = control.deploy("shop", (found, ALL))
        time.sleep(delay)
        agent.kill()
        agent.start()
        agent.serves("shop", f"v{number}")
        agent.applied(revision)
    eventually(lambda: list(agent.status()["versions"]) == [found.version.id], 20)
    eventually(lambda: len(agent.processes()) == 2)
    assert list(agent.status()["versions"]) == [found.version.id]


def test_a_version_in_an_endless_loop_is_replaced_while_another_answers(agent, control):
    agent.environ["SLUICE_EDGE_HANG_SECONDS"] = "1"
    control.deploy("shop", (A, ALL))
    agent.start().applied(control.deploy("till", (B, ALL)))
    agent.serves("shop", "a")
    first = agent.pid_of(A)
    with pytest.raises(OSError):
        agent.get("shop", "/loop", timeout=0.2)
    assert agent.get("till").text == "b"
    agent.serves("shop", "a")
    assert agent.pid_of(A) != first
    assert "did not answer for 1 s" in agent.said()
    eventually(lambda: control.reports[-1]["versions"][A.version.id]["restarts"] == 1)


def test_one_death_is_not_seen_and_a_crash_loop_fails_fast(agent, control):
    control.deploy("shop", (A, ALL))
    agent.start().applied(control.deploy("till", (B, ALL)))
    os.kill(agent.pid_of(A), signal.SIGKILL)
    began = time.monotonic()
    assert agent.get("shop").text == "a"
    print(f"after a death: answered in {1000 * (time.monotonic() - began):.0f} ms")
    refused = None
    deadline = time.monotonic() + 20
    while refused is None or refused.status != 503:
        assert time.monotonic() < deadline
        if pid := agent.pid_of(A):
            os.kill(pid, signal.SIGKILL)
        assert agent.get("till").text == "b"
        began = time.monotonic()
        refused = agent.get("shop")
    assert time.monotonic() - began < 3
    assert "version is not running" in refused.text
    eventually(lambda: agent.status()["versions"][A.version.id] in ("backoff", "running"))
    assert agent.status()["versions"][B.version.id] == "running"
    agent.serves("shop", "a", 40)


def test_a_worker_that_cannot_start_holds_up_nobody(agent, control):
    control.deploy("shop", (A, ALL))
    before = control.deploy("till", (A, ALL))
    agent.start().applied(before)
    control.deploy("shop", (BAD, ALL))
    revision = control.deploy("till", (C, ALL))
    agent.serves("till", "c")
    assert agent.get("shop").text == "a"
    eventually(lambda: list(control.reports[-1]["workers"]) == ["shop"])
    report = control.reports[-1]
    assert (report["revision"], report["desired"]) == (before, revision)
    eventually(lambda: "SyntaxError" in control.reports[-1]["workers"]["shop"]["error"])
    assert control.reports[-1]["versions"][BAD.version.id]["state"] == "failed"
    agent.applied(control.deploy("shop", (B, ALL)))
    assert agent.get("shop").text == "b"


def test_a_module_with_another_hash_is_refused_and_the_old_state_serves(agent, control):
    agent.start().applied(control.deploy("shop", (A, ALL)))
    (digest,) = B.contents
    control.deploy("shop", (B, ALL))
    control.contents[digest] = b"forged"
    control.publish(*control.snapshot.workers)
    eventually(lambda: "sent one with hash" in str(control.reports[-1]["workers"].get("shop")))
    assert agent.get("shop").text == "a"
    control.contents[digest] = B.contents[digest]
    agent.serves("shop", "b")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a small disk")
def test_a_full_disk_is_said_and_the_old_state_serves(agent, control):
    agent.start().applied(control.deploy("shop", (A, ALL)))
    modules = agent.folder / "modules"
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(modules)]
    if subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("mounting is not allowed here")
    try:
        large = answering("large", 5, more="//" + "x" * 200_000)
        control.deploy("shop", (large, ALL))
        eventually(lambda: "disk is full" in str(control.reports[-1]["workers"].get("shop")))
        assert agent.get("shop").text == "a"
        assert not list(modules.iterdir())
    finally:
        subprocess.run(["umount", str(modules)], check=True)
    agent.serves("shop", "large", 40)


def test_envoy_killed_or_hung_under_load_refuses_nobody_and_goes_on_with_what_it_had(
    agent, control
):
    agent.start().applied(control.deploy("shop", (A, ALL)))
    agent.serves("shop", "a")
    with Load(agent, "shop", *[{}] * 4) as kept, Load(agent, "shop", *[NEW] * 4) as new:
        for killed in range(1, 3):
            eventually(lambda: control.reports[-1]["envoy"]["sockets"], 20)
            _answers_more(kept, new)
            os.kill(agent.envoy(), signal.SIGKILL)
            eventually(lambda killed=killed: control.reports[-1]["envoy"]["ends"] == killed, 20)
            agent.serves("shop", "a", 20)
            _answers_more(kept, new)
            for load in (kept, new):
                assert not [failure for failure in load.failures if "Refused" in failure]
                assert len(load.failures) <= 4 * killed, "more than what was in flight"
        end = control.reports[-1]["envoy"]["end"]
        assert end["kind"] == "crash" and "(SIGKILL)" in end["message"]
        eventually(lambda: control.reports[-1]["envoy"]["sockets"], 20)
        os.kill(agent.envoy(), signal.SIGSTOP)
        eventually(lambda: control.reports[-1]["envoy"]["ends"] == 3, 60)
        agent.serves("shop", "a", 20)
        _answers_more(kept, new)
        assert not [failure for failure in kept.failures + new.failures if "Refused" in failure]
    assert control.reports[-1]["envoy"]["end"]["kind"] == "hang"
    agent.applied(control.deploy("shop", (B, ALL)))
    assert agent.get("shop").text == "b"
    eventually(lambda: any(batch["cut_off"] for batch in control.batches), 20)


NEW = {"Connection": "close"}


def _answers_more(*loads):
    """Waits until each of them has been answered a few times more."""
    before = [sum(load.answers.values()) for load in loads]
    eventually(
        lambda: all(
            sum(load.answers.values()) > count + 20
            for load, count in zip(loads, before, strict=True)
        ),
        20,
    )
