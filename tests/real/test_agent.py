"""The agent as it is started on an edge, against a small control plane; Envoy and workerd real."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from routing.snapshot import Binding
from tests.real.agent import FETCH, HOME, Agent, Load, answering
from tests.real.control import ControlPlane
from tests.real.edge import eventually
from tests.real.uploads import inspected, service, upload
from tests.real.workers import CALLER, ECHO

pytestmark = [pytest.mark.real, pytest.mark.alone]

ALL = 100_000
OVERRIDES = "Cloudflare-Workers-Version-Overrides"
A, B, C = (answering(text, number) for number, text in enumerate("abc", 1))
BAD = upload("export default {", number=9, exports=FETCH)


@pytest.fixture
def control():
    control = ControlPlane().start()
    yield control
    control.stop()


@pytest.fixture
def agent(tmp_path, control):
    """Not started yet; whatever a test does, nothing is left of it."""
    agent = Agent(tmp_path, control)
    yield agent
    if agent.process is not None and agent.process.poll() is None:
        agent.stop()
    assert eventually(lambda: not agent.processes(), 3)


def median(values):
    return sorted(values)[len(values) // 2]


def test_the_first_sync_and_an_override_of_a_version_at_0_percent(agent, control):
    revision = control.deploy("shop", (B, 0), (A, ALL))
    agent.start().applied(revision)
    assert agent.get("shop").text == "a"
    reply = agent.get("shop", headers={OVERRIDES: f'shop="{B.version.id}"'})
    assert (reply.text, reply.headers["x-sluice-reason"]) == ("b", "override")
    assert reply.headers["x-sluice-version"] == B.version.id
    reply = agent.get("shop", headers={OVERRIDES: 'shop="nobody"'})
    assert (reply.text, reply.headers["x-sluice-override"]) == ("a", "unknown_version")
    assert "x-sluice-version" not in agent.get("shop", proof=False).headers
    status = agent.status()
    assert status["versions"] == {A.version.id: "running", B.version.id: "running"}
    assert (status["revision"], status["control"]) == (revision, "connected")


def test_percentages_and_new_versions_arrive_soon(agent, control):
    agent.start().applied(control.deploy("shop", (B, 0), (A, ALL)))
    changes = []
    for weight in range(1, 21):
        revision = control.deploy("shop", (B, 5000 * weight), (A, ALL - 5000 * weight))
        changes.append(agent.applied(revision))
    assert agent.get("shop").text == "b"
    news = []
    for number in range(5):
        found = answering(f"new {number}", 10 + number)
        news.append(agent.applied(control.deploy("shop", (found, 0), (B, ALL))))
    print(f"percentage: median {median(changes) * 1e3:.0f} ms, most {max(changes) * 1e3:.0f} ms")
    print(f"new version: median {median(news) * 1e3:.0f} ms, most {max(news) * 1e3:.0f} ms")


def test_versions_come_and_go_under_load_without_a_failed_request(agent, control):
    agent.start().applied(control.deploy("shop", (A, ALL)))
    slow = []
    thread = threading.Thread(target=lambda: slow.append(agent.get("shop", "/slow")))
    with Load(
        agent, "shop", {}, {"Cloudflare-Workers-Version-Key": "k"}, {OVERRIDES: "x=y"}
    ) as load:
        thread.start()
        time.sleep(0.2)
        for number in range(6):
            found = answering(f"v{number}", 10 + number)
            agent.applied(control.deploy("shop", (found, ALL)))
            agent.applied(control.deploy("shop", (A, 50_000), (found, 50_000)))
        eventually(lambda: len(agent.status()["versions"]) == 2, 20)
    thread.join(10)
    assert load.failures == []
    assert len(load.answers) == 7
    assert slow[0].text == "a"
    print(f"{sum(load.answers.values())} requests: {load.answers}")


def test_without_the_control_plane_the_edge_serves_and_so_it_does_after_a_restart(agent, control):
    agent.start().applied(control.deploy("shop", (A, ALL)))
    control.delay = 5
    control.deploy("shop", (B, ALL))
    time.sleep(0.1)
    control.stop()  # in the middle of the fetch
    eventually(lambda: agent.status()["control"].startswith("away since"), 20)
    assert agent.get("shop").text == "a"
    assert agent.stop() == 0
    agent.start()
    agent.serves("shop", "a")
    assert agent.status()["revision"] == 2
    control.delay = 0
    control.start()
    agent.applied(3)
    assert agent.get("shop").text == "b"


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
        eventually(lambda found=found: list(agent.status()["versions"]) == [found.version.id])
        assert len(agent.processes()) == 2, "Envoy and one version"


def test_a_killed_agent_leaves_no_process(agent, control):
    agent.start().applied(control.deploy("shop", (A, ALL)))
    assert len(agent.processes()) == 2
    agent.kill()
    eventually(lambda: not agent.processes(), 3)


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
    assert time.monotonic() - began < 0.5
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
    eventually(lambda: "has the hash" in str(control.reports[-1]["workers"].get("shop")))
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


def test_invocations_arrive_once_each_in_spite_of_failures(agent, control):
    agent.start().applied(control.deploy("shop", (B, 0), (A, ALL)))
    control.broken_batches = 3
    rays = [agent.get("shop").headers["cf-ray"] for _ in range(30)]
    rays.append(agent.get("shop", headers={OVERRIDES: f'shop="{B.version.id}"'}).headers["cf-ray"])
    eventually(lambda: len(control.rows) >= len(rays))
    assert agent.stop() == 0
    agent.start()
    agent.serves("shop", "a")
    eventually(lambda: len(control.rows) > len(rays))
    shipped = [row["ray"] for row in control.rows]
    assert sorted(shipped[: len(rays)]) == sorted(rays)
    assert len({row["request_id"] for row in control.rows}) == len(control.rows)
    (overridden,) = (row for row in control.rows if row["override"] == "applied")
    assert (overridden["version_id"], overridden["hop"]) == (B.version.id, "proof")


def test_an_invocation_is_there_soon(agent, control):
    agent.start().applied(control.deploy("shop", (A, ALL)))
    waits = []
    for _ in range(8):
        before = len(control.rows)
        agent.get("shop")
        began = time.monotonic()
        eventually(lambda before=before: len(control.rows) > before)
        waits.append(time.monotonic() - began)
    print(f"response to row: median {median(waits) * 1e3:.0f} ms, most {max(waits) * 1e3:.0f} ms")


def test_sigterm_lets_requests_end_and_leaves_nothing(agent, control):
    agent.start().applied(control.deploy("shop", (A, ALL)))
    slow = []
    thread = threading.Thread(target=lambda: slow.append(agent.get("shop", "/slow")))
    thread.start()
    time.sleep(0.3)
    began = time.monotonic()
    assert agent.stop() == 0
    print(f"stopped in {time.monotonic() - began:.1f} s")
    thread.join(5)
    assert slow[0].text == "a"
    assert agent.processes() == []
    assert [row for row in control.rows if row["path"] == "/slow"]


def test_envoy_is_started_again_with_what_it_had(agent, control):
    agent.start().applied(control.deploy("shop", (A, ALL)))
    (envoy,) = (pid for pid in agent.processes() if pid != agent.pid_of(A))
    os.kill(envoy, signal.SIGKILL)
    agent.serves("shop", "a")
    agent.applied(control.deploy("shop", (B, ALL)))
    assert agent.get("shop").text == "b"


def test_it_ends_with_the_process_that_started_it(agent, control):
    environ = {**agent.environ, "SLUICE_EXIT_WITH_PARENT": "1"}
    code = "import subprocess, sys, time; "
    code += "subprocess.Popen([sys.executable, '-m', 'routing.agent']); time.sleep(60)"
    with open(agent.log, "ab") as log:
        parent = subprocess.Popen([sys.executable, "-c", code], cwd=HOME, env=environ, stderr=log)
    control.deploy("shop", (A, ALL))
    agent.serves("shop", "a")
    assert agent.processes()
    parent.kill()
    parent.wait()
    eventually(lambda: not agent.processes(), 10)
    assert "is gone" in agent.said()


def test_a_taken_port_is_said_clearly(agent, control):
    agent.start().applied(1)
    other = Agent(agent.folder.parent / "other", control)
    other.folder.parent.mkdir()
    other.environ["SLUICE_EDGE_PORT"] = str(agent.port)
    assert other.start().process.wait(10) == 2
    assert f"SLUICE_EDGE_PORT={agent.port}: another program uses this port" in other.said()


def test_a_second_agent_in_the_same_folder_is_refused(agent, control):
    agent.start().applied(1)
    other = Agent(agent.folder.parent, control)
    assert other.start().process.wait(10) == 2
    assert "another agent runs here" in other.said()
    assert agent.process.poll() is None


def test_rpc_between_workers_follows_the_percentages_as_they_change(agent, control):
    metadata = Binding(name="VERSION", type="version_metadata")
    old, new = (inspected(upload(ECHO, number=n, bindings=[metadata]), "echo") for n in (1, 2))
    binding = service("ECHO", "echo")
    caller = inspected(upload(CALLER, bindings=[metadata, binding]), "caller")
    control.deploy("caller", (caller, ALL))
    agent.start().applied(control.deploy("echo", (new, 0), (old, ALL)))
    assert agent.get("caller", "/rpc?calls=20").json == {old.version.id: 20}
    agent.applied(control.deploy("echo", (new, ALL), (old, 0)))
    eventually(lambda: agent.get("caller", "/rpc?calls=5").json == {new.version.id: 5})
    override = {OVERRIDES: f'echo="{old.version.id}"'}
    assert agent.get("caller", "/forward", override).json["id"] == old.version.id
    agent.applied(control.deploy("echo", (new, ALL)))
    eventually(lambda: old.version.id not in agent.status()["versions"], 20)
    assert agent.get("caller", "/rpc?calls=5").json == {new.version.id: 5}
