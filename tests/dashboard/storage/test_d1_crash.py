"""The state process is killed while rows are written: what was acknowledged is there."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
import uuid
from pathlib import Path

import pytest

from dashboard.storage.client import StateUnavailable
from dashboard.storage.d1.query import Statement, run
from routing.state_access import state_key
from tests.eventually import eventually
from tests.state_process import KEY, StateProcess, state_process

KILLS = 5


def kill_at_random(
    process: StateProcess, acknowledged: list[int], stopped: threading.Event
) -> None:
    dice, rows = random.Random(1), 0
    try:
        for _ in range(KILLS):
            rows = len(acknowledged) + dice.randint(5, 40)
            eventually(lambda rows=rows: len(acknowledged) > rows)
            time.sleep(dice.uniform(0, 0.01))
            os.kill(eventually(process.workerd), signal.SIGKILL)
    finally:
        stopped.set()


def stored_ids(database: str) -> set[int]:
    """Empty while the process that was killed last starts again."""
    try:
        [result] = run(database, [Statement("SELECT id FROM t")])
    except StateUnavailable:
        return set()
    return {row[0] for row in result.rows}


@pytest.mark.usefixtures("db")
def test_acknowledged_rows_survive_kills(tmp_path: Path, settings: object) -> None:
    with state_process(tmp_path / "s") as process:
        settings.STATE_URL = process.url  # type: ignore[attr-defined]
        settings.STATE_KEYS = [state_key(KEY)]  # type: ignore[attr-defined]
        database, stopped = str(uuid.uuid4()), threading.Event()
        acknowledged: list[int] = []
        run(database, [Statement("CREATE TABLE t (id INTEGER PRIMARY KEY)")])
        killer = threading.Thread(target=kill_at_random, args=(process, acknowledged, stopped))
        killer.start()
        number = failed = 0
        while not stopped.is_set():
            number += 1
            try:
                run(database, [Statement("INSERT INTO t VALUES (?)", (number,))])
            except StateUnavailable:
                failed += 1
            else:
                acknowledged.append(number)
        killer.join()
        stored = eventually(lambda: stored_ids(database))
    assert set(acknowledged) <= stored and len(acknowledged) > KILLS * 5
    assert failed <= KILLS * 2
