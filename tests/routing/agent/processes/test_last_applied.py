"""What an edge keeps to serve after its own restart."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from routing.agent.base.sealed_file import Seal
from routing.agent.processes import last_applied
from routing.snapshot import EMPTY, BindingSpec, Secret, to_json
from tests.routing.agent.histories import History, make_worker, snapshot

SEAL = Seal(b"the key of this edge")


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_what_is_applied_comes_back_and_nobody_else_may_read_it():
    applied = snapshot(3, make_worker("shop", "b", "a", weight=5))
    last_applied.save(History(applied).state, SEAL)
    assert last_applied.last_applied(SEAL).snapshot == applied
    assert os.stat("snapshot.json").st_mode & 0o077 == 0


def with_secret():
    worker = make_worker("shop", "a")
    binding = BindingSpec(name="KEY", type="secret_text", secret=Secret("hush-hush"))
    version = replace(worker.versions[0], bindings=(binding,))
    return snapshot(3, replace(worker, versions=(version,)))


def test_no_secret_lies_on_disk_in_clear():
    last_applied.save(History(with_secret()).state, SEAL)
    content = Path("snapshot.json").read_bytes()
    assert b"hush-hush" not in content and b"shop" not in content
    assert last_applied.last_applied(SEAL).snapshot == with_secret()


def test_a_file_of_an_earlier_release_is_read_once_and_sealed():
    Path("snapshot.json").write_bytes(to_json(with_secret()))
    assert last_applied.last_applied(SEAL).snapshot == with_secret()
    assert b"hush-hush" not in Path("snapshot.json").read_bytes()
    assert last_applied.last_applied(SEAL).snapshot == with_secret()


def test_a_file_of_an_earlier_release_is_read_with_the_token():
    last_applied.save(History(with_secret()).state, Seal(b"sle_the-token"))
    assert last_applied.last_applied(Seal(b"the key", b"sle_the-token")).snapshot == with_secret()


def test_another_key_opens_nothing(caplog):
    last_applied.save(History(with_secret()).state, SEAL)
    assert last_applied.last_applied(Seal(b"another key")).snapshot == EMPTY
    assert "another key" in caplog.text


@pytest.mark.parametrize("change", [lambda c: c[:-1], lambda c: c[:-1] + b"x", lambda c: c[:20]])
def test_a_sealed_file_that_was_changed_is_not_believed(change, caplog):
    last_applied.save(History(with_secret()).state, SEAL)
    Path("snapshot.json").write_bytes(change(Path("snapshot.json").read_bytes()))
    assert last_applied.last_applied(SEAL).snapshot == EMPTY
    assert "cannot be read" in caplog.text


def test_nothing_kept_is_nothing():
    assert last_applied.last_applied(SEAL).snapshot == EMPTY


@pytest.mark.parametrize("raw", [b"", b"{", b'{"revision": "x"}', b'{"revision": 1, "format": 99}'])
def test_a_damaged_file_is_said_and_does_not_stop_the_start(raw, caplog):
    Path("snapshot.json").write_bytes(raw)
    assert last_applied.last_applied(SEAL).snapshot == EMPTY
    assert "cannot be read" in caplog.text


def test_the_one_before_is_used_when_the_last_is_damaged(caplog):
    first, second = snapshot(3, make_worker("shop", "a")), snapshot(4, make_worker("shop", "b"))
    last_applied.save(History(first).state, SEAL)
    last_applied.save(History(second).state, SEAL)
    assert last_applied.last_applied(SEAL) == (second, "")
    Path("snapshot.json").write_bytes(b"sluice-sealed-1\n")
    found = last_applied.last_applied(SEAL)
    assert found.snapshot == replace(first, known=False)
    assert "snapshot.json cannot be read" in found.problem
    assert "revision 3 of snapshot.earlier.json is used" in found.problem
    assert Path("snapshot.damaged").exists() and not Path("snapshot.json").exists()


def test_a_damaged_file_never_takes_the_place_of_the_one_before():
    first, third = snapshot(3, make_worker("shop", "a")), snapshot(5, make_worker("shop", "c"))
    last_applied.save(History(first).state, SEAL)
    last_applied.save(History(snapshot(4)).state, SEAL)
    Path("snapshot.json").write_bytes(b"{")
    assert last_applied.last_applied(SEAL).snapshot.workers == first.workers
    last_applied.save(History(third).state, SEAL)
    Path("snapshot.json").write_bytes(b"{")
    assert last_applied.last_applied(SEAL).snapshot.workers == first.workers


def test_a_save_that_fails_again_and_again_loses_neither(monkeypatch):
    first, second = snapshot(3, make_worker("shop", "a")), snapshot(4, make_worker("shop", "b"))
    last_applied.save(History(first).state, SEAL)

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(last_applied.edge_folder, "write", full)
        for _ in range(3):
            with pytest.raises(OSError, match="No space"):
                last_applied.save(History(second).state, SEAL)
    assert last_applied.last_applied(SEAL).snapshot == first
    assert not list(Path().glob("*.tmp"))
    last_applied.save(History(second).state, SEAL)
    Path("snapshot.json").unlink()
    assert last_applied.last_applied(SEAL).snapshot == first


def test_a_new_edge_that_took_over_a_part_does_not_know_the_rest_after_a_restart():
    last_applied.save(History(snapshot(0, make_worker("shop", "a"))).state, SEAL)
    assert not last_applied.last_applied(SEAL).snapshot.known
    last_applied.save(History(snapshot(1)).state, SEAL)
    assert last_applied.last_applied(SEAL).snapshot.known


def test_modules_stay_for_what_is_applied_desired_or_still_running():
    edge = History(snapshot(1, make_worker("shop", "old")))
    edge.settle()
    edge.set_desired(2, make_worker("shop", "a")).settle()
    edge.set_desired(3, make_worker("shop", "b"))
    assert {v.id for v in last_applied.needed(edge.state, edge.desired)} == {"old", "a", "b"}
    kept = last_applied.needed(
        edge.state, edge.desired, snapshot(0, make_worker("till", "earlier"))
    )
    assert {v.id for v in kept} == {"old", "a", "b", "earlier"}
