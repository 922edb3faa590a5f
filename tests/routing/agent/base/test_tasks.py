"""No task is lost, and none ends unseen."""

import asyncio
from contextlib import suppress

from routing.agent.base import tasks, tasks as tasks_module
from routing.agent.base.tasks import Tasks


async def test_a_task_that_ends_is_a_fault_and_starts_again(monkeypatch, caplog):
    monkeypatch.setattr(tasks, "_AGAIN_SECONDS", 0)
    runs = []
    async with asyncio.TaskGroup() as group:
        kept = Tasks(group)

        async def ends():
            runs.append(1)
            if len(runs) == 3:
                await asyncio.Event().wait()
            if len(runs) == 2:
                raise ValueError("broken")

        kept.forever("part", ends)
        while len(runs) < 3:
            await asyncio.sleep(0)
        assert kept.faults == {"part": "ValueError: broken"}
        await kept.stop()
    assert "part ended unexpectedly" in caplog.text


async def test_a_fault_in_one_task_ends_no_other():
    async with asyncio.TaskGroup() as group:
        kept = Tasks(group)

        async def breaks():
            raise ValueError("broken")

        async def works():
            await asyncio.sleep(0.01)
            return 7

        broken, working = kept.once("a", breaks()), kept.once("b", works())
        assert (await broken, await working) == (None, 7)


async def test_a_task_cancelled_before_its_first_step_leaves_no_warning():
    async with asyncio.TaskGroup() as group:
        task = Tasks(group).once("a", asyncio.sleep(9))
        task.cancel()
    assert task.cancelled()  # and every warning is an error


async def test_a_task_that_drops_a_cancellation_is_cancelled_again(monkeypatch):
    monkeypatch.setattr(tasks_module, "_CANCEL_AGAIN_SECONDS", 0.01)

    async def drops_one():
        with suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        await asyncio.Event().wait()

    async with asyncio.TaskGroup() as group:
        tasks = Tasks(group)
        stubborn = tasks.once("stubborn", drops_one())
        await asyncio.sleep(0)
        async with asyncio.timeout(30):
            await tasks.stop()
    assert stubborn.cancelled()
