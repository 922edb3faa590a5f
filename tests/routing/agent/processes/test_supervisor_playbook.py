"""The supervisor as a playbook: events, and the commands to Envoy and to processes."""

import time
from dataclasses import replace

import pytest

from routing.agent.adoption.inherited import Inherited
from routing.agent.discovery.discovery import Rejected
from routing.agent.envoy.admin_client import EnvoyUnavailable
from routing.agent.processes import drain, supervisor
from routing.agent.processes.process_config import Configurations
from routing.agent.state.status import shown
from routing.snapshot import ObjectClass, Preview
from tests.eventually import eventually_async
from tests.routing.agent.adoption.test_inherited import note
from tests.routing.agent.histories import make_version, make_worker, snapshot
from tests.routing.agent.processes.playbook import playing

SHOP_A, SHOP_B = make_worker("shop", "a"), make_worker("shop", "b")


@pytest.fixture(autouse=True)
def fast(monkeypatch):
    monkeypatch.setattr(drain, "LEAST_SECONDS", 0.0)
    monkeypatch.setattr(drain, "_EVERY_SECONDS", 0.01)
    monkeypatch.setattr(supervisor, "_AGAIN_SECONDS", 0.01)
    monkeypatch.setattr(Configurations, "fingerprint", lambda self, start: "f")


async def test_a_deployment_is_started_reached_routed_and_the_one_before_drained():
    async with playing(snapshot(1, SHOP_A)) as edge:
        await edge.expect("start a", "prepare 1")
        edge.ready("a")
        edge.desire(2, SHOP_B)
        await edge.expect("start b")
        edge.ready("b")
        await edge.expect("reach a b", "route 2 leaving a", "route 2", "reach b", "stop a")
        assert edge.supervisor.state.applied.revision == 2
        edge.processes["a"].ended.set()
        await eventually_async(lambda: "a" not in edge.supervisor.state.processes)
        assert edge.supervisor.slots("/slots/shop/") is not None
        assert edge.supervisor.is_version_peer("b", "b")
        assert not edge.supervisor.is_version_peer("a", "a")


async def test_requests_in_flight_are_waited_for():
    async with playing(snapshot(1, SHOP_A), config={"drain_seconds": 600.0}) as edge:
        edge.ready("a")
        edge.desire(2, SHOP_B)
        await edge.expect("start a", "prepare 1", "start b")
        edge.envoy.busy = 1
        edge.ready("b")
        await edge.expect("reach a b", "route 2 leaving a")
        edge.desire(3, SHOP_A)  # it returns while it drains
        await edge.expect("route 3 leaving b")
        edge.envoy.busy = EnvoyUnavailable("busy")  # counts as one request
        edge.desire(4, SHOP_B)
        await edge.expect("route 4 leaving a")
        edge.envoy.busy = 0
        await edge.expect("route 4", "reach b", "stop a")


async def test_what_envoy_rejects_is_reported_and_the_rest_goes_on():
    async with playing(snapshot(1, SHOP_A)) as edge:
        edge.ready("a")
        await edge.expect("start a", "prepare 1")
        edge.envoy.fails = [Rejected("Envoy rejected clusters: no such cluster")]
        edge.desire(2, SHOP_B)
        await edge.expect("start b")
        edge.ready("b")
        await eventually_async(lambda: edge.supervisor.state.refused)
        refusal = edge.supervisor.state.refused["shop"]
        assert refusal.message.endswith("no such cluster")
        assert edge.supervisor.state.applied.revision == 1


async def test_an_envoy_that_does_not_answer_is_tried_again():
    async with playing(snapshot(1, SHOP_A)) as edge:
        edge.ready("a")
        await edge.expect("start a", "prepare 1")
        edge.envoy.fails = [EnvoyUnavailable("busy") for _ in range(3)]
        edge.desire(2, SHOP_B)
        await edge.expect("start b")
        edge.ready("b")
        await eventually_async(lambda: not edge.envoy.fails)
        await eventually_async(lambda: edge.supervisor.state.applied.revision == 2)
        assert edge.log[:4] == ["reach a b"] * 4
        await eventually_async(lambda: edge.supervisor.error == "")


async def test_a_version_that_does_not_start_leaves_the_one_before():
    async with playing(snapshot(1, SHOP_A)) as edge:
        edge.ready("a")
        edge.desire(2, SHOP_B)
        await edge.expect("start a", "prepare 1", "start b")
        edge.crashes("b", "Uncaught SyntaxError")
        await edge.expect()
        process = edge.supervisor.state.processes["b"]
        assert (shown(process), process.message) == ("failed", "Uncaught SyntaxError")


async def test_previews_run_beside_deployments():
    async with playing(snapshot(1, SHOP_A)) as edge:
        edge.ready("a")
        await edge.expect("start a", "prepare 1")
        preview = Preview(worker="shop", version=make_version("p"))
        edge.supervisor.set_previews({"p": preview})
        await edge.expect("start p")
        edge.ready("p")
        await edge.expect("reach a p", "route 1 leaving p")


async def test_a_paused_supervisor_does_nothing_and_stop_ends_all():
    async with playing(snapshot(1, SHOP_A)) as edge:
        edge.ready("a")
        await edge.expect("start a", "prepare 1")
        edge.supervisor.pause()
        edge.desire(2, SHOP_B)
        await edge.expect()
        edge.processes["a"].ended.set()
        await edge.supervisor.stop(1.0)
        await edge.expect("stop a")


# --- After an earlier agent -----------------------------------------------------------------------


async def test_what_runs_is_adopted_and_envoys_files_are_stated_again():
    left = Inherited(envoy=note(1), versions=(note(2, version="a"),))
    async with playing(snapshot(1, SHOP_A), inherited=left, envoy={"clusters": {"a"}}) as edge:
        await edge.expect("adopt a", "reach a", "route 1")
        edge.ready("a")
        await edge.expect()


async def test_an_outdated_envoy_gets_a_successor_and_a_retiring_one_is_ended():
    left = Inherited(envoy=note(1), versions=(note(2, version="a"),), leaving=(note(3),))
    async with playing(snapshot(1, SHOP_A), inherited=left, envoy={"adopts": False}) as edge:
        await edge.expect("adopt a", "retire Envoy 3", "prepare 1")


async def test_an_adopted_envoy_that_is_ahead_keeps_its_files_until_the_snapshot_comes():
    left = Inherited(envoy=note(1), versions=(note(2, version="a"),))
    ahead = {"clusters": {"a"}, "revision": 5}
    async with playing(inherited=left, envoy=ahead) as edge:
        await edge.expect("adopt a")
        edge.ready("a")
        edge.desire(5, SHOP_A)
        await edge.expect("route 5")


async def test_an_adopted_version_with_another_configuration_is_replaced(monkeypatch):
    monkeypatch.setattr(Configurations, "fingerprint", lambda self, start: "other")
    left = Inherited(versions=(note(2, version="a"),))
    async with playing(snapshot(1, SHOP_A), inherited=left) as edge:
        edge.ready("a")
        await edge.expect("adopt a", "prepare 1", "renew a", "reconnect a", "reach a")


async def test_an_adopted_version_that_was_stopping_is_stopped_and_a_failed_catch_up_is_reported(
    caplog,
):
    left = Inherited(envoy=note(1), leaving=(note(2, version="a", stopping=True),))
    fails = [EnvoyUnavailable("busy")]
    async with playing(snapshot(1), inherited=left, envoy={"fails": fails}) as edge:
        await eventually_async(lambda: "stop a" in edge.log)
        edge.processes["a"].ended.set()
        await eventually_async(lambda: not edge.supervisor.state.processes)
    assert "The adopted Envoy cannot be updated: busy" in caplog.text


# --- Within a memory budget -----------------------------------------------------------------------

OTHER = make_worker("other", "o")
ONE_MB = {"memory_mb": 1}
"""No room for any process."""


async def test_at_start_versions_wait_for_requests_if_there_is_no_room():
    async with playing(snapshot(1, SHOP_A, OTHER), config=ONE_MB) as edge:
        await edge.expect("cold o", "cold a", "prepare 1")
        edge.desire(2, SHOP_A, OTHER, make_worker("new", "n"))
        await edge.expect("cold n", "reach a n o", "route 2")


async def test_a_new_version_of_a_worker_runs_before_it_is_routed():
    async with playing(snapshot(1, SHOP_A), config=ONE_MB) as edge:
        await edge.expect("cold a", "prepare 1")
        edge.desire(2, make_worker("shop", "b", "a", weight=10))
        await edge.expect("start b")
        edge.ready("b")
        await edge.expect("reach a b", "route 2")


async def test_a_cold_version_runs_before_it_gets_requests():
    none, some = (make_worker("shop", "b", "a", weight=weight) for weight in (0, 10))
    async with playing(snapshot(1, none), config=ONE_MB) as edge:
        await edge.expect("cold b", "cold a", "prepare 1")
        edge.desire(2, some)
        await edge.expect("wake b")
        edge.ready("b")
        await edge.expect("route 2")


async def test_unused_versions_stop_and_those_with_requests_do_not(monkeypatch):
    async with playing(snapshot(1, SHOP_A, OTHER)) as edge:
        edge.ready("a", "o")
        await edge.expect("start o", "start a", "prepare 1")
        memory, now = edge.supervisor.memory, [time.time()]
        monkeypatch.setattr(memory, "_clock", lambda: now[0])
        monkeypatch.setattr(memory, "_budget", 1)
        assert await memory.stop_unused() == ()
        now[0] += 100
        memory.used({"o"})
        assert await memory.stop_unused() == ()  # its requests are not known yet
        edge.envoy.busy = 1
        assert await memory.stop_unused() == ()
        edge.envoy.busy, now[0] = 0, now[0] + 100
        memory.used({"o"})
        assert await memory.stop_unused() == ("a",)
        await edge.expect("sleep a")
        assert edge.supervisor.state.processes["a"].state == "cold"
        assert await memory.stop_unused() == ()


async def test_a_process_is_replaced_when_its_version_has_other_objects():
    classes = (ObjectClass(class_name="Counter", namespace="ab" * 16),)
    after = replace(SHOP_A, versions=(replace(SHOP_A.versions[0], objects=classes),))
    async with playing(snapshot(1, SHOP_A)) as edge:
        edge.ready("a")
        await edge.expect("start a", "prepare 1")
        edge.desire(2, after)
        await eventually_async(lambda: "renew a" in edge.log)
        await eventually_async(lambda: edge.supervisor.state.applied.revision == 2)
        assert edge.log.count("renew a") == 1
        assert "objects" in edge.processes["a"].sockets
