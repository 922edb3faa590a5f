"""Delivers due alarms to the version that the object is assigned to."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from functools import partial

from routing.agent.base.tasks import Tasks
from routing.agent.objects import object_process
from routing.agent.objects.alarm_store import Alarm, AlarmStore
from routing.agent.objects.object_process import Address, AlarmResult, Unreachable
from routing.rules.object_assignment import assigned_version
from routing.snapshot import Snapshot, WorkerSpec

log = logging.getLogger("edge")

MOST_RETRIES = 6
"""After exceptions, as on Cloudflare; the first after two seconds, then twice as long each time."""
_FIRST_RETRY_MS = 2000
_AGAIN_MS = 1000
"""For an alarm that did not reach its object."""
_ELSEWHERE_MS = 30_000
"""For one whose Worker has no deployment, or its objects on another edge."""
_AT_ONCE, _AT_ONCE_EACH = 256, 64
"""In all, and of one namespace, so that slow alarms of one Worker delay no other's."""
_CHECK_SECONDS = 60.0


class AlarmClock:
    """`applied` is the snapshot that Envoy routes by, `now_ms` the clock, `edge` the name of this
    edge."""

    def __init__(
        self,
        store: AlarmStore,
        tasks: Tasks,
        applied: Callable[[], Snapshot],
        now_ms: Callable[[], int],
        edge: str,
    ) -> None:
        self._store, self._tasks, self._applied, self._now_ms = store, tasks, applied, now_ms
        self._edge = edge
        #: In progress, by object.
        self._ringing: dict[tuple[str, str], Alarm] = {}
        self._is_due = asyncio.Event()

    def changed(self) -> None:
        """An alarm was set."""
        self._is_due.set()

    async def run(self) -> None:
        """Runs forever."""
        while True:
            self._is_due.clear()
            wait = self.ring_due()
            with suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._is_due.wait()

    def ring_due(self) -> float:
        """Starts those that are due. Returns how many seconds to wait for the next."""
        now = self._now_ms()
        while self._ring_some(now):
            pass
        following = self._store.next_due_ms(now)
        if following is None:
            return _CHECK_SECONDS
        return min(_CHECK_SECONDS, max(0.05, (following - now) / 1000))

    def _ring_some(self, now: int) -> bool:
        """Starts some of those that are due. False if there are none, or no room for them."""
        counts = Counter(namespace for namespace, _ in self._ringing)
        busy = [namespace for namespace, count in counts.items() if count >= _AT_ONCE_EACH]
        before = len(self._ringing)
        for alarm in self._store.due(now, 2 * _AT_ONCE, busy) if before < _AT_ONCE else ():
            key = (alarm.namespace, alarm.object_id)
            is_full = len(self._ringing) >= _AT_ONCE or counts[alarm.namespace] >= _AT_ONCE_EACH
            if key not in self._ringing and not is_full:
                counts[alarm.namespace] += 1
                self._ringing[key] = alarm
                task = self._tasks.once("alarm", self._ring(alarm))
                task.add_done_callback(partial(self._rang, key))
        return len(self._ringing) > before

    def _rang(self, key: tuple[str, str], _: object) -> None:
        self._ringing.pop(key, None)
        self._is_due.set()

    async def _ring(self, alarm: Alarm) -> None:
        try:
            await self._ring_once(alarm)
        except Exception:
            # It is still due, and would ring again at once.
            await asyncio.sleep(_AGAIN_MS / 1000)
            raise

    async def _ring_once(self, alarm: Alarm) -> None:
        worker = _worker_of(self._applied(), alarm.namespace)
        if worker is None or not worker.runs_objects_on(self._edge):
            self._again(alarm, _ELSEWHERE_MS)
            return
        version_id = assigned_version(worker.deployment.shares, alarm.object_id)
        about = {
            "namespace": alarm.namespace,
            "id": alarm.object_id,
            "name": alarm.name,
            "scheduledTime": alarm.scheduled_ms,
            "retryCount": alarm.retries,
        }
        try:
            result = await object_process.ring(Address(version_id), about)
        except Unreachable as error:
            log.info("the alarm of object %s is late: %s", alarm.object_id, error)
            self._again(alarm)
        else:
            self._settle(alarm, result)

    def _settle(self, alarm: Alarm, result: AlarmResult) -> None:
        if result.outcome == "notAssigned":
            self._again(alarm)
        elif result.outcome == "exception" and alarm.retries < MOST_RETRIES:
            wait = _FIRST_RETRY_MS << alarm.retries
            self._store.postpone(alarm, self._now_ms() + wait, retries=alarm.retries + 1)
        else:
            if result.outcome != "ok":
                text = "the alarm of object %s is given up: %s %s"
                log.warning(text, alarm.object_id, result.outcome, result.message)
            self._store.finish(alarm)

    def _again(self, alarm: Alarm, wait_ms: int = _AGAIN_MS) -> None:
        self._store.postpone(alarm, self._now_ms() + wait_ms, retries=alarm.retries)


def _worker_of(snapshot: Snapshot, namespace: str) -> WorkerSpec | None:
    """The Worker whose versions implement the namespace."""
    for worker in snapshot.workers:
        for version in worker.versions:
            if any(of.namespace == namespace for of in version.objects):
                return worker
    return None
