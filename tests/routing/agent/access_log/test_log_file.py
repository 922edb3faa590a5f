"""One access log on disk: reading on, rotating, and what a crash leaves."""

import os

import pytest

from routing.agent.access_log.log_file import LogFile


@pytest.fixture
def path(tmp_path):
    return tmp_path / "public.log"


def append(path, text):
    with open(path, "a") as stream:
        stream.write(text)


def read_all(log):
    found = []
    while (piece := log.read(64)).end != log.position:
        found += piece.lines
        log.commit(piece.end)
    return [line.decode() for line in found]


def test_only_whole_lines_are_read(path):
    log = LogFile(path)
    assert log.read(64).lines == []
    append(path, "one\ntwo\nthr")
    assert read_all(log) == ["one", "two"]
    append(path, "ee\n")
    assert read_all(log) == ["three"]
    assert log.pending() == 0


def test_nothing_is_done_with_before_it_is_committed(path):
    log = LogFile(path)
    append(path, "one\n")
    assert log.read(64).lines == log.read(64).lines == [b"one"]
    assert LogFile(path, log.position).read(64).lines == [b"one"]


def test_reading_goes_on_across_rotations(path):
    log = LogFile(path)
    append(path, "one\n")
    assert log.rotate()
    append(path, "two\n")
    log.rotate()
    append(path, "three\n")
    assert log.pending() == 14
    assert read_all(log) == ["one", "two", "three"]
    assert [p.name for p in path.parent.iterdir()] == ["public.log"]


def test_a_renamed_file_is_read_on_until_the_new_one_exists(path):
    log = LogFile(path)
    append(path, "one\n")
    assert read_all(log) == ["one"]
    log.rotate()
    assert log.misses_its_file()
    append(f"{path}.00000000", "late\n")  # Envoy has not opened the new one yet
    assert read_all(log) == ["late"]
    append(path, "two\n")
    assert not log.misses_its_file()
    assert read_all(log) == ["two"]


def test_a_restart_goes_on_where_it_was(path):
    log = LogFile(path)
    append(path, "one\n")
    log.rotate()
    append(path, "two\nthree\n")
    piece = log.read(64)
    log.commit(piece.end)
    again = LogFile(path, log.position)
    assert read_all(again) == ["two", "three"]
    again.rotate()
    append(path, "four\n")
    assert read_all(LogFile(path, again.position)) == ["four"]


def test_half_a_line_that_a_crash_left_is_counted(path):
    log = LogFile(path)
    append(path, "one\ntw")
    log.rotate()
    append(path, "three\n")
    broken, lines = 0, []
    while (piece := log.read(64)).end != log.position:
        broken, lines = broken + piece.broken, lines + piece.lines
        log.commit(piece.end)
    assert (broken, lines) == (1, [b"one", b"three"])


def test_giving_up_the_oldest_counts_its_lines(path):
    log = LogFile(path)
    append(path, "one\ntwo\nthree\n")
    log.commit((0, 4, 1))
    log.rotate()
    append(path, "four\n")
    behind = log.behind_oldest()
    assert behind == (1, 0, 3)
    log.commit(behind)
    assert log.behind_oldest() is None
    assert read_all(log) == ["four"]
    assert log.position[2] == 4


def test_rotating_nothing_is_nothing(path):
    assert not LogFile(path).rotate()


def test_lines_on_disk_are_those_before_the_place_and_behind_it(path):
    log = LogFile(path)
    assert log.lines_on_disk() == 0
    append(path, "one\ntwo\nthr")
    assert log.lines_on_disk() == 2
    log.commit(log.read(64).end)
    log.rotate()
    append(path, "four\n")
    assert log.lines_on_disk() == 4  # half a line in a finished file is passed over as one
    assert read_all(log) == ["four"]
    assert log.lines_on_disk() == log.position[2] == 4


@pytest.mark.parametrize("act", ["removed", "emptied"])
def test_a_log_that_was_removed_or_emptied_goes_on_with_the_next_file(path, act):
    log = LogFile(path)
    append(path, "one\ntwo\n")
    assert read_all(log) == ["one", "two"]
    append(path, "gone\n")
    path.unlink() if act == "removed" else os.truncate(path, 0)
    append(path, "three\n")
    assert log.lines_on_disk() == 3
    assert read_all(log) == ["three"]
    assert log.position == (1, 6, 3) and log.lines_on_disk() == 3


def test_a_log_that_was_removed_is_missed(path):
    append(path, "one\n")
    log = LogFile(path)
    path.unlink()
    assert log.misses_its_file()
