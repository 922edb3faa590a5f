"""The process that sends, as it runs."""

import threading
import time

import pytest
from django.db import connections
from django.utils import timezone

from dashboard.accounts.models import Role
from dashboard.exports.delivery import batches
from dashboard.exports.jobs import changes
from dashboard.exports.models import Job
from dashboard.exports.worker.exporter import Exporter
from dashboard.work.loop import Loop, Task
from dashboard.work.run import run as run_loops
from tests.factories import make_deployment, make_edge, make_invocation, make_user, make_worker

pytestmark = pytest.mark.django_db


def test_the_process_sends_by_itself_what_has_settled(
    receiver, transactional_db, settings, monkeypatch
):
    """The loop as it runs, in a thread: it waits for what is on its way, then sends, then ends."""
    monkeypatch.setattr(batches, "SETTLE_SECONDS", 0.3)
    by = changes.Actor(make_user("root", Role.ADMIN), "api", timezone.now())
    changes.create({"destination_conf": receiver.url, "enabled": True}, by)
    make_invocation(make_edge("e1"), make_deployment(make_worker("shop")))
    stop = threading.Event()

    def run():
        exporter = Exporter()
        run_loops([Loop(Task("exports", exporter.look, every=0.05), close=exporter.close)], stop)
        connections.close_all()  # PostgreSQL drops no database that somebody is connected to

    loop = threading.Thread(target=run)
    loop.start()
    deadline = time.monotonic() + 10
    while not Job.objects.get().sent_records and time.monotonic() < deadline:
        time.sleep(0.05)
    stop.set()
    loop.join(10)
    assert not loop.is_alive() and len(receiver.lines()) == 1
