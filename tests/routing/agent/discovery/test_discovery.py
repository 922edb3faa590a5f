"""What an Envoy gets, and when it is said to have it."""

import asyncio

import pytest

from routing.agent.discovery import discovery as module
from routing.agent.discovery.discovery import Discovery, Rejected
from routing.agent.discovery.messages import Resource
from routing.agent.envoy.admin_client import EnvoyUnavailable
from routing.compile.envoy.protobuf import CLUSTER, SCOPE
from tests.routing.agent.discovery.fake_envoy import FakeEnvoy

PID = 7


def resources(**bodies):
    return {name: Resource(f"digest-{body}", body.encode()) for name, body in bodies.items()}


async def serving(**bodies):
    """A discovery service and an Envoy that runs these clusters."""
    discovery = Discovery()
    discovery.follow(PID)
    discovery.put(CLUSTER, resources(**bodies), 1)
    discovery.put(SCOPE, {}, 1)
    envoy = FakeEnvoy(discovery, PID).subscribe()
    await discovery.until(discovery.running)
    return discovery, envoy


async def test_a_new_envoy_gets_everything_even_if_that_is_nothing():
    discovery, envoy = await serving(a="1", b="2")
    assert envoy.sent(CLUSTER) == [({"a", "b"}, set())]
    assert envoy.sent(SCOPE) == [(set(), set())]
    assert envoy.bodies[CLUSTER] == {"a": b"1", "b": b"2"}
    assert discovery.revision == 1 and discovery.versions() == {"a", "b"}


async def test_only_what_changed_travels():
    discovery, envoy = await serving(a="1", b="2", c="3")
    await discovery.replace(CLUSTER, resources(a="1", b="other", d="4"), 2)
    assert envoy.sent(CLUSTER)[1:] == [({"b", "d"}, {"c"})]
    assert discovery.revision == 2
    await discovery.replace(CLUSTER, resources(a="1", b="other", d="4"), 3)
    assert len(envoy.sent(CLUSTER)) == 2


async def test_after_a_rejection_it_gets_those_from_before():
    discovery, envoy = await serving(a="1", b="2")
    envoy.rejects = "no such cluster"
    replacing = asyncio.create_task(discovery.replace(CLUSTER, resources(a="bad", n="new"), 2))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    envoy.rejects = ""
    with pytest.raises(Rejected, match="Envoy rejected clusters: no such cluster"):
        await replacing
    await discovery.until(discovery.running)
    # It may have taken a part of what it rejected.
    assert envoy.sent(CLUSTER)[2] == ({"a", "b"}, {"n"})
    assert envoy.bodies[CLUSTER] == {"a": b"1", "b": b"2"}


async def test_an_adopted_envoy_keeps_what_it_has_until_it_is_told_more():
    discovery = Discovery()
    discovery.follow(PID)
    has = {CLUSTER: {"a": "8.digest-1", "b": "7.digest-2"}, SCOPE: {"s": "8.digest-3"}}
    envoy = FakeEnvoy(discovery, PID, has).subscribe()
    assert discovery.is_connected() and not envoy.responses
    assert discovery.revision == 8 and discovery.versions() == {"a", "b"}
    await discovery.replace(CLUSTER, resources(a="1", b="new"), 9)
    assert envoy.sent(CLUSTER) == [({"b"}, set())]
    assert envoy.sent(SCOPE) == []


async def test_both_envoys_of_a_handover_get_changes_and_only_the_new_one_confirms():
    discovery, old = await serving(a="1")
    old.silent = True
    discovery.follow(PID + 1)
    with pytest.raises(EnvoyUnavailable, match="not connected"):
        await discovery.replace(CLUSTER, resources(a="2"), 2)
    new = FakeEnvoy(discovery, PID + 1).subscribe()
    await discovery.until(discovery.running)
    await discovery.replace(CLUSTER, resources(a="3"), 3)
    assert old.sent(CLUSTER)[-1] == new.sent(CLUSTER)[-1] == ({"a"}, set())


async def test_one_that_ends_or_is_silent_is_unavailable(monkeypatch):
    monkeypatch.setattr(module, "CONFIRM_SECONDS", 0.02)
    discovery, envoy = await serving(a="1")
    envoy.silent = True
    with pytest.raises(EnvoyUnavailable, match="has not taken its clusters"):
        await discovery.replace(CLUSTER, resources(a="2"), 2)
    replacing = asyncio.create_task(discovery.replace(CLUSTER, resources(a="3"), 3))
    await asyncio.sleep(0)
    envoy.leave()
    with pytest.raises(EnvoyUnavailable, match="closed"):
        await replacing
    assert not discovery.running()
    again = FakeEnvoy(discovery, PID).subscribe()
    await discovery.until(discovery.running)
    assert again.bodies[CLUSTER] == {"a": b"3"}
