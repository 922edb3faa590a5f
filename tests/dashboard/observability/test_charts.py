"""Drawings as numbers."""

import pytest
from hypothesis import given, strategies as st

from dashboard.observability.charts import (
    HEIGHT,
    TOP,
    Marker,
    bar_of,
    plotted,
    readable,
    scale,
    stacked,
)


@pytest.mark.parametrize(
    ("highest", "ticks"),
    [
        (1180, (0, 500, 1000, 1500)),
        (0.6, (0, 0.2, 0.4, 0.6)),
        (104, (0, 50, 100, 150)),
        (3, (0, 1, 2, 3)),
    ],
)
def test_ticks_are_round_and_few(highest, ticks):
    assert scale(highest) == pytest.approx(ticks)


@given(st.floats(1e-6, 1e12))
def test_four_ticks_at_most_from_zero_to_the_top(highest):
    found = scale(highest)
    assert found[0] == 0 and 2 <= len(found) <= 4 and found[-1] >= highest * 0.999999


def test_requests_are_never_counted_in_halves():
    assert scale(1, whole=True) == (0, 1) and scale(0, whole=True) == (0, 1)


def test_the_first_series_lies_below_the_next():
    chart = stacked([("stable", [6, None]), ("candidate", [3, 9])], str)
    assert [(b.role, b.x) for b in chart.bars] == [
        ("stable", 0),
        ("candidate", 0),
        ("candidate", 50),
    ]
    lower, upper, alone = chart.bars
    assert upper.y + upper.height == pytest.approx(lower.y)
    assert lower.y + lower.height == alone.y + alone.height == TOP + HEIGHT
    assert alone.y == pytest.approx(TOP + HEIGHT / 10)  # of a scale to 10


def test_a_missing_value_breaks_the_line_and_a_lone_one_is_a_dot():
    (line,) = plotted([("stable", "Stable", [1, 2, None, 3, None])], str).lines
    assert len(line.runs) == 1 and len(line.dots) == 1
    assert line.end_y == TOP


def test_a_series_without_values_has_no_line():
    assert plotted([("stable", "Stable", [None, None])], str).empty


def test_words_at_the_ends_do_not_cover_each_other():
    chart = plotted([(r, r, [5.0, 5.0]) for r in ("a", "b", "c")], str)
    words = sorted(line.word_y for line in chart.lines)
    assert all(after - before >= 13.9 for before, after in zip(words, words[1:], strict=False))


def test_labels_of_deployments_that_would_cover_each_other_are_left_out():
    given = [Marker(50, "5%"), Marker(10, "1%"), Marker(52, "25%"), Marker(99, "50%")]
    found = readable(given, 600)
    assert [(m.x, m.label) for m in found] == [(99, ""), (52, "25%"), (50, ""), (10, "1%")]
    assert [m.newest for m in found] == [True, False, False, False]


def test_a_share_that_is_there_can_be_seen():
    assert (bar_of(None), bar_of(0), bar_of(0.01), bar_of(40)) == (0, 0, 1, 40)
