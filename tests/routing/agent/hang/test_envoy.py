"""Which part of Envoy hangs."""

import asyncio

import pytest

from routing.agent.base.tasks import Tasks
from routing.agent.hang import envoy


class FakeDetector:
    """Hangs at once if its class is the one that `hangs`."""

    hangs: type | None = None

    def __init__(self, *_, **__):
        pass

    async def until_hung(self, **_):
        if FakeDetector.hangs is not type(self):
            await asyncio.Event().wait()


class Workers(FakeDetector):
    pass


class Main(FakeDetector):
    pass


@pytest.mark.parametrize(
    ("hangs", "message"), [(Workers, "did not answer for 3 s"), (Main, "did not answer for 15 s")]
)
async def test_either_is_reported_and_the_other_watch_ends(monkeypatch, hangs, message):
    monkeypatch.setattr(envoy, "ListenerDetector", Workers)
    monkeypatch.setattr(envoy, "Detector", Main)
    monkeypatch.setattr(FakeDetector, "hangs", hangs)
    async with asyncio.TaskGroup() as group:
        tasks = Tasks(group)
        found = await envoy.until_hung(("0.0.0.0", 8787), 1, tasks, workers=2)
        assert found.startswith(message)
        await tasks.stop()
