"""What an edge keeps to serve after its own restart."""

import os
from pathlib import Path

import pytest

from routing.agent import keep
from routing.snapshot import EMPTY
from tests.routing.agent.histories import History, make_worker, snapshot


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_what_is_applied_comes_back_and_nobody_else_may_read_it():
    applied = snapshot(3, make_worker("shop", "b", "a", weight=5))
    keep.save(History(applied).held)
    assert keep.last_applied() == applied
    assert os.stat("snapshot.json").st_mode & 0o077 == 0


def test_nothing_kept_is_nothing():
    assert keep.last_applied() == EMPTY


@pytest.mark.parametrize("raw", [b"", b"{", b'{"revision": "x"}', b'{"revision": 1, "format": 99}'])
def test_a_damaged_file_is_said_and_does_not_stop_the_start(raw, caplog):
    Path("snapshot.json").write_bytes(raw)
    assert keep.last_applied() == EMPTY
    assert "cannot be read" in caplog.text


def test_modules_stay_for_what_is_applied_desired_or_still_running():
    edge = History(snapshot(1, make_worker("shop", "old")))
    edge.settle()
    edge.want(2, make_worker("shop", "a")).settle()
    edge.want(3, make_worker("shop", "b"))
    assert {v.id for v in keep.needed(edge.held, edge.desired)} == {"old", "a", "b"}
