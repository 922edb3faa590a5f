"""Alarms: stored, delivered to the assigned version, retried."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace

import pytest

from routing.agent.base.tasks import Tasks
from routing.agent.base.unix_http_server import Request
from routing.agent.objects import alarm_clock, object_process
from routing.agent.objects.alarm_clock import MOST_RETRIES, AlarmClock
from routing.agent.objects.alarm_store import AlarmStore
from routing.agent.objects.endpoint import PATH, AlarmEndpoint
from routing.agent.objects.object_process import AlarmResult, Unreachable
from routing.agent.state.state import Process
from routing.rules.split import TOTAL, VersionWeight
from routing.snapshot import (
    DeploymentSpec,
    ObjectClass,
    Snapshot,
    VersionSpec,
    WorkerSpec,
)

KEY = "ab" * 16
LOW, HIGH = "0" * 64, "00000000ea60" + "0" * 52  # buckets 0 and 60,000


def version(version_id: str) -> VersionSpec:
    return VersionSpec(
        id=version_id,
        number=1,
        created_on="",
        compatibility_date="2026-08-01",
        objects=(ObjectClass(class_name="Counter", namespace=KEY),),
    )


NEW, OLD = version("new"), version("old")
SHARES = (VersionWeight("new", TOTAL // 2), VersionWeight("old", TOTAL // 2))
SNAPSHOT = Snapshot(
    revision=1,
    workers=(
        WorkerSpec(
            name="w",
            hostnames=(),
            deployment=DeploymentSpec(id="d", shares=SHARES),
            versions=(NEW, OLD),
        ),
    ),
)


@pytest.fixture
def store(tmp_path):
    return AlarmStore(tmp_path / "objects" / "alarms.sqlite")


class Clock:
    """`answers` are those of processes, in order; then all is well."""

    def __init__(self, store, tasks, monkeypatch):
        self.now, self.rung, self.answers = 1_000_000, [], []
        self.snapshot = SNAPSHOT
        self.clock = AlarmClock(store, tasks, lambda: self.snapshot, lambda: self.now, "edge-1")
        monkeypatch.setattr(object_process, "ring", self.ring)

    async def ring(self, address, about):
        self.rung.append((address.version_id, about["id"], about["retryCount"]))
        answer = self.answers.pop(0) if self.answers else AlarmResult("ok")
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def tick(self, milliseconds=0):
        self.now += milliseconds
        self.clock.ring_due()
        for _ in range(5):
            await asyncio.sleep(0)
        found, self.rung = self.rung, []
        return found


@pytest.fixture
async def clock(store, monkeypatch):
    async with asyncio.TaskGroup() as group:
        yield Clock(store, Tasks(group), monkeypatch)


def test_an_alarm_survives_the_agent(store, tmp_path):
    assert store.get(KEY, LOW) is None and store.next_due_ms() is None
    store.set(KEY, LOW, "name", 5)
    again = AlarmStore(tmp_path / "objects" / "alarms.sqlite")
    found = again.get(KEY, LOW)
    assert (found.name, found.scheduled_ms, again.next_due_ms()) == ("name", 5, 5)
    assert (tmp_path / "objects" / "alarms.sqlite").stat().st_mode & 0o777 == 0o600


def test_an_alarm_that_was_set_again_is_not_finished(store):
    store.set(KEY, LOW, None, 5)
    (before,) = store.due(10, 9)
    store.set(KEY, LOW, None, 8)
    store.finish(before)
    store.postpone(before, 99, retries=1)
    assert store.get(KEY, LOW).due_ms == 8
    store.finish(store.get(KEY, LOW))
    assert store.get(KEY, LOW) is None


def test_a_deleted_namespace_has_no_alarms(store):
    store.delete_namespace(KEY)
    store.set(KEY, LOW, None, 5)
    store.set("cd" * 16, HIGH, None, 5)
    store.delete_namespace(KEY)
    assert [alarm.namespace for alarm in store.due(10, 9)] == ["cd" * 16]


async def test_alarms_ring_in_the_assigned_version(clock, store):
    store.set(KEY, LOW, None, clock.now + 10)
    store.set(KEY, HIGH, None, clock.now + 20)
    assert await clock.tick() == []
    assert await clock.tick(10) == [("new", LOW, 0)]
    assert await clock.tick(10) == [("old", HIGH, 0)]
    assert await clock.tick(60_000) == []


async def test_exceptions_are_retried_with_growing_pauses_and_then_given_up(clock, store):
    store.set(KEY, LOW, None, clock.now)
    clock.answers = [AlarmResult("exception", "no")] * (MOST_RETRIES + 1)
    assert await clock.tick() == [("new", LOW, 0)]
    for retry in range(MOST_RETRIES):
        pause = 2000 << retry
        assert await clock.tick(pause - 1) == []
        assert await clock.tick(1) == [("new", LOW, retry + 1)]
    assert store.get(KEY, LOW) is None


async def test_an_object_that_is_not_reached_is_tried_again_for_ever(clock, store):
    store.set(KEY, LOW, None, clock.now)
    clock.answers = [Unreachable("away"), AlarmResult("notAssigned")] * 10
    for _ in range(20):
        assert await clock.tick(1000) == [("new", LOW, 0)]
    assert await clock.tick(1000) == [("new", LOW, 0)]
    assert store.get(KEY, LOW) is None


async def test_an_alarm_waits_while_the_objects_are_elsewhere(clock, store):
    (worker,) = SNAPSHOT.workers
    store.set(KEY, LOW, None, clock.now)
    clock.snapshot = replace(SNAPSHOT, workers=())
    assert await clock.tick() == []
    clock.snapshot = replace(SNAPSHOT, workers=(replace(worker, objects_edge=("edge-2",)),))
    assert await clock.tick(30_000) == []
    clock.snapshot = SNAPSHOT
    assert await clock.tick(1000) == []
    assert await clock.tick(29_000) == [("new", LOW, 0)]


async def test_many_alarms_of_one_namespace_leave_room_for_others(clock, store, monkeypatch):
    monkeypatch.setattr(alarm_clock, "_AT_ONCE_EACH", 2)
    finish = asyncio.Event()

    async def ring(address, about):
        clock.rung.append(about["namespace"])
        await finish.wait()
        return AlarmResult("ok")

    monkeypatch.setattr(object_process, "ring", ring)
    version = replace(NEW, objects=tuple(ObjectClass(class_name=k, namespace=k) for k in "ab"))
    (worker,) = SNAPSHOT.workers
    clock.snapshot = replace(SNAPSHOT, workers=(replace(worker, versions=(version,)),))
    for number in range(600):
        store.set("a", f"{number:064x}", None, clock.now - 10)
    store.set("b", LOW, None, clock.now)
    assert await clock.tick() == ["a", "a", "b"]
    assert clock.clock.ring_due() >= 1  # no polling meanwhile
    finish.set()


async def test_an_alarm_that_cannot_be_recorded_does_not_ring_at_once_again(clock, store):
    store.set(KEY, LOW, None, clock.now)
    clock.answers = [RuntimeError("of any kind")] * 3
    assert await clock.tick() == [("new", LOW, 0)]
    assert await clock.tick() == await clock.tick() == []


def endpoint(store, clock, peers=("new",)):
    processes = {v.id: Process(worker="w", version=v, slot=0, since=0.0) for v in (NEW, OLD)}
    return AlarmEndpoint(store, clock.clock, lambda: processes, lambda v, peer: v in peers)


def change(version_id="new", **fields):
    body = json.dumps({"namespace": KEY, "id": LOW, **fields}).encode()
    return Request("POST", PATH, [(b"x-edge-version", version_id.encode())], body)


async def test_a_version_sets_reads_and_removes_an_alarm(store, clock):
    answer = endpoint(store, clock).answer
    assert json.loads(answer(change(read=True)).body) == {"at": None}
    assert json.loads(answer(change(at=12.4)).body) == {"at": 12}
    assert json.loads(answer(change(read=True)).body) == {"at": 12}
    assert json.loads(answer(change(at=None)).body) == {"at": None}
    assert store.get(KEY, LOW) is None


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (change(version_id="old", at=5), 403),
        (change(version_id="unknown", at=5), 403),
        (change(namespace="cd" * 16, at=5), 403),
        (change(id="short", at=5), 403),
        (change(id="z" * 64, at=5), 403),
        (change(at=1e300), 400),
        (Request("POST", PATH, [], b"{"), 400),
    ],
)
async def test_alarms_of_others_are_refused(store, clock, request_, status):
    assert endpoint(store, clock).answer(request_).status == status
    assert store.next_due_ms() is None
