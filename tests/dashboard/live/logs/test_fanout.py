"""A reader knows what it has missed."""

import json

from dashboard.live.logs import fanout


def message(before, *items, left_out=0, source="a"):
    return {
        "source": source,
        "before": before,
        "left_out": left_out,
        "items": json.dumps([{"n": n} for n in items]),
    }


def test_a_reader_that_gets_everything_has_missed_nothing():
    reader = fanout.Reader()
    assert reader.read(message(10, 1, 2)) == ([{"n": 1}, {"n": 2}], 0)
    assert reader.read(message(12, 3)) == ([{"n": 3}], 0)


def test_messages_that_were_dropped_on_the_way_are_counted():
    reader = fanout.Reader()
    reader.read(message(0, 1))
    assert reader.read(message(41, 2)) == ([{"n": 2}], 40)


def test_what_the_edges_left_out_counts_too():
    assert fanout.Reader().read(message(0, 1, left_out=3))[1] == 3


def test_another_web_process_counts_for_itself():
    reader = fanout.Reader()
    reader.read(message(100, 1))
    assert reader.read(message(5, 2, source="b"))[1] == 0
    assert reader.read(message(101, 3))[1] == 0
