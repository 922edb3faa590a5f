"""How far the logs have been read, across restarts."""

import pytest

from routing.agent.access_log import read_positions

ZERO = {"public": (0, 0, 0), "proof": (0, 0, 0), "internal": (0, 0, 0)}


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_logs_get_a_name_that_stays():
    first = read_positions.load()
    assert first.places == ZERO and not first.running
    first.moved(ZERO)
    assert read_positions.load() == first


def test_places_are_kept():
    kept = read_positions.load()
    kept.moved(ZERO | {"public": (3, 40, 7)})
    assert read_positions.load().places["public"] == (3, 40, 7)
    assert read_positions.load().log == kept.log


def test_an_agent_that_was_killed_is_found_running():
    kept = read_positions.load()
    kept.running = True
    kept.moved(ZERO)
    assert read_positions.load().running
    kept.ended()
    assert not read_positions.load().running


@pytest.mark.parametrize("damaged", [b'{"public": [1, 2]}', b'{"log": "\xff"}', b""])
def test_a_damaged_note_begins_anew_under_a_new_name(caplog, damaged):
    first = read_positions.load()
    read_positions.FILE.write_bytes(damaged)
    second = read_positions.load()
    assert second.places == ZERO and second.log != first.log
    assert "shipped from their beginning" in caplog.text


def test_a_later_file_is_noted_for_good_before_earlier_ones_go(monkeypatch):
    asked = []
    kept = read_positions.load()
    monkeypatch.setattr(
        read_positions.edge_folder,
        "write",
        lambda path, content, durable=False: asked.append(durable),
    )
    kept.moved(ZERO | {"public": (0, 40, 7)})
    kept.moved(ZERO | {"public": (1, 0, 7)})
    assert asked == [False, True]


def test_of_two_places_the_farther_has_more_lines_before_it():
    assert read_positions.farthest((1, 0, 7), (0, 90, 6)) == (1, 0, 7)
    assert read_positions.farthest((0, 90, 7), (1, 0, 7)) == (1, 0, 7)
