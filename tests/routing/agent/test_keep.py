"""What an edge keeps to serve after its own restart."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from routing.agent import keep
from routing.agent.seal import Seal
from routing.snapshot import EMPTY, Binding, Secret, to_json
from tests.routing.agent.histories import History, make_worker, snapshot

SEAL = Seal(Secret("sle_the-token-of-this-edge"))


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_what_is_applied_comes_back_and_nobody_else_may_read_it():
    applied = snapshot(3, make_worker("shop", "b", "a", weight=5))
    keep.save(History(applied).held, SEAL)
    assert keep.last_applied(SEAL) == applied
    assert os.stat("snapshot.json").st_mode & 0o077 == 0


def with_secret():
    worker = make_worker("shop", "a")
    binding = Binding(name="KEY", type="secret_text", secret=Secret("hush-hush"))
    version = replace(worker.versions[0], bindings=(binding,))
    return snapshot(3, replace(worker, versions=(version,)))


def test_no_secret_lies_on_disk_in_clear():
    keep.save(History(with_secret()).held, SEAL)
    content = Path("snapshot.json").read_bytes()
    assert b"hush-hush" not in content and b"shop" not in content
    assert keep.last_applied(SEAL) == with_secret()


def test_a_file_of_an_earlier_release_is_read_once_and_sealed():
    Path("snapshot.json").write_bytes(to_json(with_secret()))
    assert keep.last_applied(SEAL) == with_secret()
    assert b"hush-hush" not in Path("snapshot.json").read_bytes()
    assert keep.last_applied(SEAL) == with_secret()


def test_another_token_opens_nothing(caplog):
    keep.save(History(with_secret()).held, SEAL)
    assert keep.last_applied(Seal(Secret("sle_another-token"))) == EMPTY
    assert "another edge token" in caplog.text


@pytest.mark.parametrize("change", [lambda c: c[:-1], lambda c: c[:-1] + b"x", lambda c: c[:20]])
def test_a_sealed_file_that_was_changed_is_not_believed(change, caplog):
    keep.save(History(with_secret()).held, SEAL)
    Path("snapshot.json").write_bytes(change(Path("snapshot.json").read_bytes()))
    assert keep.last_applied(SEAL) == EMPTY
    assert "cannot be read" in caplog.text


def test_nothing_kept_is_nothing():
    assert keep.last_applied(SEAL) == EMPTY


@pytest.mark.parametrize("raw", [b"", b"{", b'{"revision": "x"}', b'{"revision": 1, "format": 99}'])
def test_a_damaged_file_is_said_and_does_not_stop_the_start(raw, caplog):
    Path("snapshot.json").write_bytes(raw)
    assert keep.last_applied(SEAL) == EMPTY
    assert "cannot be read" in caplog.text


def test_modules_stay_for_what_is_applied_desired_or_still_running():
    edge = History(snapshot(1, make_worker("shop", "old")))
    edge.settle()
    edge.want(2, make_worker("shop", "a")).settle()
    edge.want(3, make_worker("shop", "b"))
    assert {v.id for v in keep.needed(edge.held, edge.desired)} == {"old", "a", "b"}
