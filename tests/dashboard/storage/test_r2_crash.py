"""R2 while the state process is killed."""

from __future__ import annotations

import os
import random
import signal
import threading
from contextlib import contextmanager
from pathlib import Path

import pytest

from dashboard.storage.client import StateRefused, StateUnavailable, state_client
from dashboard.storage.r2 import objects
from tests.eventually import eventually
from tests.state_process import state_process

pytestmark = [pytest.mark.slow]
BUCKET = "crash"


def workerd_of(folder):
    """The pid of the workerd that serves in this folder."""
    for path in Path("/proc").glob("[0-9]*"):
        try:
            arguments = (path / "cmdline").read_bytes()
            output = os.readlink(path / "fd" / "1")
        except OSError:
            continue
        if b"--socket-fd=state=" in arguments and output == str(folder / "workerd.txt"):
            return int(path.name)
    return None


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
def folder(tmp_path_factory, settings):
    """Of a state process for this test alone."""
    with state_process(made := tmp_path_factory.mktemp("crash")) as state:
        settings.STATE_URL = state.url
        yield made


def test_nothing_that_was_acknowledged_is_lost_and_no_file_is_left(folder):
    stored = {}
    draw = random.Random(7)
    with writers(2, stored):
        for _ in range(5):
            before = len(stored)
            assert eventually(lambda before=before: len(stored) > before + draw.randrange(3, 20))
            killed = workerd_of(folder)
            os.kill(killed, signal.SIGKILL)
            assert eventually(lambda killed=killed: workerd_of(folder) not in (None, killed))
    for key, content in stored.items():
        found, pieces = objects.open_object(BUCKET, key)
        assert b"".join(pieces) == content and found.size == len(content), key

    # An object's files without an entry are deleted when the bucket is opened again.
    killed = workerd_of(folder)
    os.kill(killed, signal.SIGKILL)
    assert eventually(lambda: workerd_of(folder) not in (None, killed))
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
