"""One run of a version's process, from ready to its end."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from typing import Any, NamedTuple

from routing.agent.base import messages
from routing.agent.base.child_process import Child
from routing.agent.base.process_end import EndKind


class Life(NamedTuple):
    """How one run of the process ended, and how many seconds it was ready."""

    message: str
    kind: EndKind
    seconds: float = 0.0


async def live(
    child: Child,
    watcher: asyncio.Task[bool | None],
    *,
    hang_seconds: float,
    on_hang: Callable[[str], None],
) -> Life:
    """Returns when the process has ended. When `watcher` finds that it hangs, it is killed."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    either: list[asyncio.Future[Any]] = [child.ended, watcher]
    await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
    if not child.ended.done() and not watcher.cancelled() and watcher.result():
        message = messages.hung(hang_seconds)
        on_hang(message)
        child.signal(signal.SIGKILL)
        await child.ended
        return Life(message, EndKind.hang, loop.time() - began)
    code, output = await child.ended, child.output_tail()
    kind = EndKind.memory if messages.out_of_memory(code, output) else EndKind.crash
    return Life(messages.ended(code, output), kind, loop.time() - began)
