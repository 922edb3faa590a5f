"""Forks conductors in pairs on one database and kills each at a random instant.

Usage: `python -m tests.dashboard.rollouts.killed_conductors WORKER SEED KILLS`, with DATABASE_URL.
Prints how many were killed while a rollout was active; then a last pair ends the rollout.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import threading
import time

LONGEST_LIFE = 0.06
"""Seconds: about one decision, so that most are killed in the middle of one."""
END_WITHIN = 90.0


def main(worker_name: str, seed: int, kills: int) -> None:
    import django

    django.setup()
    draw, killed = random.Random(seed), 0
    while killed < kills:
        killed += _kill_pair(worker_name, draw)
    last = [_fork() for _ in range(2)]
    deadline = time.monotonic() + END_WITHIN
    while _is_active(worker_name) and time.monotonic() < deadline:
        time.sleep(0.05)
    for pid in last:
        os.kill(pid, signal.SIGTERM)
        os.waitpid(pid, 0)
    print(killed)


def _kill_pair(worker_name: str, draw: random.Random) -> int:
    """How many of two conductors died while the rollout was active; starts one if none is."""
    if not _is_active(worker_name):
        _start(worker_name)
    count = 0
    for pid in [_fork() for _ in range(2)]:
        time.sleep(draw.uniform(0, LONGEST_LIFE))
        count += _is_active(worker_name)
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    return count


def _fork() -> int:
    """A conductor as `manage.py conduct` runs it, without a pause between looks."""
    from django.db import connections

    from dashboard.rollouts.conductor.loop import look
    from dashboard.rollouts.conductor.observation import RolloutObserver
    from dashboard.work.loop import Loop, Task
    from dashboard.work.run import run

    connections.close_all()
    pid = os.fork()
    if pid:
        return pid
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    rollouts = Task("rollouts", lambda now: look(RolloutObserver(lambda *_: ())), every=0.002)
    run([Loop(rollouts)], stop)
    os._exit(0)


def _is_active(worker_name: str) -> bool:
    from dashboard.rollouts.models import Rollout

    return Rollout.objects.active().filter(worker__name=worker_name).exists()


def _start(worker_name: str) -> None:
    """To the version that is not stable: each rollout leads back from where the last one led."""
    from django.utils import timezone

    from dashboard.rollouts.actions.start import start
    from dashboard.rollouts.decisions.plan import Plan, parse_steps
    from routing.control.deploy import active_deployment
    from routing.models import Worker

    worker = Worker.objects.get(name=worker_name)
    active = active_deployment(worker)
    assert active is not None
    live = [share.version_id for share in active.shares.all() if share.weight]
    candidate = worker.versions.exclude(id__in=live).get()
    steps = ",".join(map(str, [*range(5, 100, 5), 100]))
    start(
        worker=worker,
        version_id=str(candidate.id),
        plan=Plan(parse_steps(steps), confirm_review=False, min_sample=0, min_callers=0),
        owner=None,
        source="shell",
        now=timezone.now(),
    )


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
