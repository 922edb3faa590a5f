"""The agent as it is started on an edge, against a small control plane; Envoy and workerd real."""

from __future__ import annotations

import threading
import time

import pytest

from routing.snapshot import BindingSpec
from tests.eventually import eventually
from tests.real.agent import ALL, A, B, Load, answering
from tests.real.uploads import inspected, service, upload
from tests.real.workers import CALLER, ECHO
from tests.running import OVERRIDES

pytestmark = pytest.mark.real


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
    eventually(lambda: agent.status()["revision"] == revision)
    status = agent.status()
    assert status["versions"] == {A.version.id: "running", B.version.id: "running"}
    assert status["control"] == "connected"


def test_no_header_that_a_stranger_sends_keeps_an_override_from_applying(agent, control):
    """28,000 members in 112 KB used to cost 0.36 s each; five of them switched overrides off."""
    agent.start().applied(control.deploy("shop", (B, 0), (A, ALL)))
    agent.serves("shop", "a")
    huge = {OVERRIDES: "shop=(" + "1 1 " * 28_000 + ")"}
    longest = {OVERRIDES: "shop," * 3_276 + "x"}
    reasons, waits = [], []
    with Load(agent, "shop", huge, huge, longest, longest) as attack:
        deadline = time.monotonic() + 4
        while time.monotonic() < deadline:
            honest = {OVERRIDES: f'shop="{B.version.id}", n{len(waits)}="x"'}  # never cached
            began = time.monotonic()
            reply = agent.get("shop", headers=honest)
            waits.append(time.monotonic() - began)
            reasons.append((reply.text, reply.headers["x-sluice-reason"]))
    assert set(reasons) == {("b", "override")}
    assert attack.failures == [] and set(attack.answers) == {"a"}
    assert agent.get("shop", headers=huge).headers["x-sluice-override"] == "invalid_header"
    print(f"{len(waits)} overrides beside {attack.answers['a']} hostile requests:", end=" ")
    print(f"median {median(waits) * 1e3:.1f} ms, most {max(waits) * 1e3:.0f} ms")


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
    """A slow request is in each of ten versions that leave within the time of one drain; more than
    eight used to cut those in the oldest."""
    agent.start().applied(control.deploy("shop", (A, ALL)))
    slow: dict[str, str] = {}

    def slowly(text):
        slow[text] = agent.get("shop", "/slow", timeout=60).text

    texts = [f"v{number}" for number in range(10)]
    threads = [threading.Thread(target=slowly, args=(text,)) for text in texts]
    with Load(
        agent, "shop", {}, {"Cloudflare-Workers-Version-Key": "k"}, {OVERRIDES: "x=y"}
    ) as load:
        for number, (text, thread) in enumerate(zip(texts, threads, strict=True)):
            found = answering(text, 10 + number)
            agent.applied(control.deploy("shop", (found, ALL)))
            thread.start()
            eventually(lambda text=text: text in load.answers)
            eventually(lambda: agent.get("shop", "/is-slow").text == "true")
            if number % 3 == 0:
                agent.applied(control.deploy("shop", (A, 50_000), (found, 50_000)))
        agent.applied(control.deploy("shop", (A, ALL)))
        eventually(lambda: len(agent.status()["versions"]) == 1, 20)
    for thread in threads:
        thread.join(60)
    assert load.failures == []
    assert len(load.answers) == 11
    assert slow == {text: text for text in texts}
    print(f"{sum(load.answers.values())} requests: {load.answers}")


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
    assert len(control.rows) == 8
    print(f"response to row: median {median(waits) * 1e3:.0f} ms, most {max(waits) * 1e3:.0f} ms")


def test_rpc_between_workers_follows_the_percentages_as_they_change(agent, control):
    metadata = BindingSpec(name="VERSION", type="version_metadata")
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
