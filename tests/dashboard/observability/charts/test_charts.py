"""Drawings as numbers."""

import itertools

import pytest
from hypothesis import given, strategies as st

from dashboard.observability.charts.charts import (
    HEIGHT,
    TOP,
    bar_of,
    plotted,
    scale,
    stacked,
)
from dashboard.observability.charts.markers import Marker, grouped
from dashboard.statistics.proportion import Interval


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
    assert all(after - before >= 13.9 for before, after in itertools.pairwise(words))


def test_deployments_whose_labels_would_cover_each_other_share_one():
    given = [Marker(50, "5%"), Marker(10, "1%"), Marker(52, "25%"), Marker(99, "50%")]
    found = grouped(given, 600)
    assert [(g.xs, g.label, g.before) for g in found] == [
        ((10,), "1%", False),
        ((50, 52), "5% → 25%", False),
        ((99,), "50%", True),
    ]
    assert [g.newest for g in found] == [False, False, True]


def test_many_deployments_at_once_say_the_first_the_last_and_all_of_them_in_the_tip():
    given = [Marker(40 + n, f"{n}%", f"13:4{n} {n}%") for n in range(4)]
    (group,) = grouped(given, 600)
    assert group.label == "0% … 3%" and group.title.startswith("13:40 0%, 13:41 1%, ")


@given(st.lists(st.floats(0, 100), max_size=12), st.sampled_from([300.0, 640.0]))
def test_no_two_labels_overlap_and_every_deployment_has_its_line(xs, width):
    found = grouped([Marker(x, "rolled back") for x in xs], width)
    assert sorted(x for g in found for x in g.xs) == sorted(xs)
    ends = []
    for g in found:
        size = 100 * 7 * len(g.label) / width
        ends.append((g.x - size, g.x) if g.before else (g.x, g.x + size))
    assert all(a[1] <= b[0] for a, b in itertools.pairwise(ends))


def test_a_band_runs_along_the_upper_ends_and_back_along_the_lower():
    limits = [Interval(1, 3), Interval(1, 2), None, Interval(0, 1)]
    chart = plotted([("stable", "Stable", [2, 1.5, None, 1])], str, bands={"stable": limits})
    (line,) = chart.lines
    (band,) = line.bands
    assert [point.split(",")[0] for point in band.split()] == ["125.0", "375.0", "375.0", "125.0"]
    assert len(chart.columns) == 0


def test_each_bucket_says_what_it_holds():
    chart = stacked([("stable", [6, None])], str, columns_say=["13:40 Stable 6", "13:41"])
    assert [(c.x, c.width, c.says) for c in chart.columns] == [
        (0, 50, "13:40 Stable 6"),
        (50, 50, "13:41"),
    ]


def test_a_share_that_is_there_can_be_seen():
    assert (bar_of(None), bar_of(0), bar_of(0.01), bar_of(40)) == (0, 0, 1, 40)
