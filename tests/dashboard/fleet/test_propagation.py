"""The propagation meter: has it, waits, is late, is silent."""

from datetime import UTC, datetime, timedelta

import pytest

from dashboard.fleet.propagation import Reached, measure, meter_of
from routing.models import Edge
from tests.factories import make_deployment, make_edge, make_propagation, make_worker

NOW = datetime(2026, 11, 22, 20, 0, tzinfo=UTC)


def edge(name: str, revision: int, heard: float = 1.0) -> Edge:
    seen = NOW - timedelta(seconds=heard)
    return Edge(pk=len(name), name=name, applied_revision=revision, last_seen_on=seen)


def states(*edges: Edge, made: float = 1.0) -> list[str]:
    found = measure(41, NOW - timedelta(seconds=made), edges, {}, NOW)
    return [cell.state for cell in found.cells]


def test_an_edge_with_the_revision_or_a_newer_one_has_it():
    assert states(edge("a", 41), edge("bb", 42)) == ["applied", "applied"]


def test_an_edge_that_was_just_told_waits():
    assert states(edge("a", 40), made=0.5) == ["waiting"]


def test_after_two_seconds_it_is_late():
    assert states(edge("a", 40), made=3) == ["late"]


def test_one_that_says_nothing_is_silent():
    assert states(edge("a", 40, heard=60), made=3) == ["silent"]


def test_the_time_is_that_of_the_last_edge():
    since = NOW - timedelta(seconds=1)
    reached = {n: Reached(since + timedelta(milliseconds=ms)) for n, ms in ((1, 61), (2, 84))}
    found = measure(41, since, [edge("a", 41), edge("bb", 41)], reached, NOW)
    assert (found.done, found.total, found.took_ms) == (2, 2, 84)


def test_there_is_no_time_while_one_lags():
    found = measure(41, NOW, [edge("a", 41), edge("bb", 40)], {1: Reached(NOW)}, NOW)
    assert (found.complete, found.took_ms) == (False, None)
    assert [c.edge for c in found.lagging] == ["bb"]


def test_no_edges_are_not_complete():
    assert not measure(41, NOW, [], {}, NOW).complete


@pytest.mark.parametrize(
    ("applied", "heard", "made", "short", "words"),
    [
        (41, 1, 3, "61 ms", "has it after 61 ms"),
        (41, 60, 3, "silent 1 min", "has it after 61 ms, silent for 1 min"),
        (40, 1, 1, "taking over", "is taking over"),
        (40, 1, 3, "revision 40", "still on revision 40"),
        (40, 60, 3, "silent 1 min", "still on revision 40, silent for 1 min"),
        (0, 60, 3, "not yet", "has not connected yet"),
    ],
)
def test_the_words_of_a_cell(applied, heard, made, short, words):
    since = NOW - timedelta(seconds=made)
    reached = {1: Reached(since + timedelta(milliseconds=61))} if applied == 41 else {}
    [cell] = measure(41, since, [edge("a", applied, heard)], reached, NOW).cells
    assert (cell.short, cell.words) == (short, words)


@pytest.mark.django_db
def test_rows_tell_the_time_also_when_an_edge_skipped_the_revision(django_assert_num_queries):
    worker = make_worker()
    first = make_deployment(worker)
    second = make_deployment(worker)
    make_propagation(make_edge(), second, after_ms=84)
    with django_assert_num_queries(2):
        found = meter_of(worker.name, first.revision, second.created_on)
    assert found.took_ms == 84
