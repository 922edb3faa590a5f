"""The supervisor's own part: what it saves, and when."""

import asyncio
import threading
from types import SimpleNamespace
from unittest.mock import AsyncMock

from routing.agent.base.sealed_file import Seal
from routing.agent.base.tasks import Tasks
from routing.agent.processes import snapshot_saver
from routing.agent.processes.supervisor import Supervisor
from routing.agent.users.claims import Users
from routing.agent.users.isolation import Isolation, Kind
from tests.routing.agent.histories import History, make_worker, no_assets, snapshot

KEY = b"the key of this edge"


def supervisor(tasks, **parts):
    given = {
        "config": SimpleNamespace(details=False, hang_seconds=600.0, memory_mb=0, idle_seconds=0.0),
        "envoy": SimpleNamespace(admin=None),
        "modules": SimpleNamespace(evict=AsyncMock()),
        "assets": no_assets(),
        "seal": Seal(KEY),
        "key": KEY,
        "users": Users(Isolation(kind=Kind.agent)),
    }
    return Supervisor(tasks=tasks, changed=lambda: None, **(given | parts))


async def test_a_snapshot_is_written_once_while_two_want_to_save_it(monkeypatch):
    begun, go_on, saved = threading.Event(), threading.Event(), []

    def slow_save(state, seal):
        saved.append(state.applied)
        begun.set()
        go_on.wait(30)

    monkeypatch.setattr(snapshot_saver, "save", slow_save)
    async with asyncio.TaskGroup() as group:
        edge = supervisor(Tasks(group))
        edge.versions.state = History(snapshot(3, make_worker("shop", "a"))).state
        edge.saver.changed()
        saving = group.create_task(edge.saver.run())
        await asyncio.to_thread(begun.wait, 30)
        last = group.create_task(edge.saver.save_now())
        await asyncio.sleep(0.1)
        go_on.set()
        await last
        saving.cancel()
    assert saved == [edge.state.applied]
