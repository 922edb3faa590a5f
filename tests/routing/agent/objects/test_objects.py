"""The whole, with a fake of the supervisor."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from types import SimpleNamespace

import pytest

from routing.agent.base.tasks import Tasks
from routing.agent.base.unix_http_server import Request
from routing.agent.objects.objects import Objects
from routing.agent.state.state import EdgeState, Process
from routing.agent.users.isolation import Isolation, Kind
from tests.routing.agent.objects.test_alarms import KEY, LOW, NEW, SNAPSHOT


@pytest.fixture
async def objects(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    async with asyncio.TaskGroup() as group:
        made = Objects("edge-1", Tasks(group), Isolation(kind=Kind.agent))
        process = Process(worker="w", version=NEW, slot=4, since=0.0)
        made.supervisor = SimpleNamespace(
            state=EdgeState(applied=SNAPSHOT, processes={"new": process}),
            versions=SimpleNamespace(pid=lambda version_id: None, slots=lambda: {"new": 4}),
            is_version_peer=lambda version_id, peer: True,
        )
        made.connect(made.supervisor, children=list)
        yield made


async def test_versions_learn_where_objects_run(objects):
    answer = objects.answer(Request("GET", "/objects/w"))
    assert json.loads(answer.body) == {
        "ranges": [[4, 0, 50_000], [None, 50_000, 100_000]],
        "edge": "",
    }
    assert objects.answer(Request("GET", "/slots/w")) is None
    assert objects.answer(Request("POST", "/tail")) is None


async def test_a_deleted_namespace_goes_when_no_process_uses_it(objects):
    alarm = {"namespace": KEY, "id": LOW, "at": 5}
    headers = [(b"x-edge-version", b"new")]
    body = json.dumps(alarm).encode()
    assert objects.answer(Request("POST", "/objects/alarm", headers, body)).status == 200
    objects.groups(NEW)
    state = objects.supervisor.state
    objects.supervisor.state = replace(state, applied=replace(SNAPSHOT, deleted_objects=(KEY,)))
    objects.changed()
    assert objects.folders.namespaces() == {KEY}
    objects.supervisor.state = replace(objects.supervisor.state, processes={})
    objects.changed()
    assert objects.folders.namespaces() == set()
    assert objects._store.get(KEY, LOW) is None
