"""R2 while the state process is killed."""

from __future__ import annotations

import os
import random
import signal
import threading
from contextlib import contextmanager

import pytest

from dashboard.storage.client import StateRefused, StateUnavailable, state_client
from dashboard.storage.r2 import objects
from tests.eventually import eventually
from tests.state_process import state_process

pytestmark = [pytest.mark.slow]
BUCKET = "crash"


@contextmanager
def writers(count, stored):
    """Threads that store objects; `stored` gets the keys that were acknowledged."""
    stopping = threading.Event()

    def write(number):
        turn = 0
        while not stopping.is_set():
            turn += 1
            key, content = f"{number}/{turn}", os.urandom(20_000)
            try:
                objects.put(BUCKET, key, [content], len(content))
            except (StateRefused, StateUnavailable):
                continue
            stored[key] = content

    threads = [threading.Thread(target=write, args=(n,)) for n in range(count)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stopping.set()
        for thread in threads:
            thread.join()


@pytest.fixture
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("crash")


@pytest.fixture
def process(folder, settings):
    """For this test alone."""
    with state_process(folder) as state:
        settings.STATE_URL = state.url
        yield state


def test_nothing_that_was_acknowledged_is_lost_and_no_file_is_left(folder, process):
    stored = {}
    draw = random.Random(7)
    with writers(2, stored):
        for _ in range(5):
            before = len(stored)
            assert eventually(lambda before=before: len(stored) > before + draw.randrange(3, 20))
            killed = process.workerd()
            os.kill(killed, signal.SIGKILL)
            assert eventually(lambda killed=killed: process.workerd() not in (None, killed))
    for key, content in stored.items():
        found, pieces = objects.open_object(BUCKET, key)
        assert b"".join(pieces) == content and found.size == len(content), key

    # An object's files without an entry are deleted when the bucket is opened again.
    killed = process.workerd()
    os.kill(killed, signal.SIGKILL)
    assert eventually(lambda: process.workerd() not in (None, killed))
    listed = objects.list_objects(BUCKET)
    assert not listed.cursor
    assert eventually(lambda: len(files_of(folder)) == len(listed.objects))

    # What a backup may still need stays for a moment.
    state_client().destroy(objects.KIND, BUCKET)
    assert not files_of(folder)
    state_client().create(objects.KIND, BUCKET)
    for content in (b"old", b"new"):
        objects.put(BUCKET, "a", [content], 3)
    assert len(files_of(folder)) == 2
    assert eventually(lambda: len(files_of(folder)) == 1)
    state_client().destroy(objects.KIND, BUCKET)


def files_of(folder):
    """Contents of all buckets."""
    return list(folder.glob("r2/*/blobs/*"))
