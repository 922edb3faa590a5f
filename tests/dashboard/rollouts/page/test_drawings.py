"""What the rollout page draws, as numbers: intervals, the time that charts cover, shares."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from dashboard.observability.models import Span
from dashboard.rollouts.page.chart_window import window_between
from dashboard.rollouts.page.intervals import rate_plot, ratio_plot
from dashboard.rollouts.page.share_chart import share_chart
from dashboard.rollouts.page.time_to_verdict import minutes_left
from dashboard.statistics.proportion import Interval
from tests.dashboard.rollouts.playbook import NOON, plan_of


def test_a_ratio_of_one_is_equal_and_the_limit_lies_right_of_it() -> None:
    plot = ratio_plot(Interval(0.5, 4.0), 1.0, 2.0)
    assert plot.equal == plot.at
    assert plot.low < plot.equal < plot.limit < plot.high
    assert plot.equal - plot.low == pytest.approx(plot.limit - plot.equal, abs=0.02)


@pytest.mark.parametrize(
    ("interval", "words"),
    [
        (Interval(0.5, 3.1), "0.5× to 3.1×"),
        (Interval(2.3, math.inf), "at least 2.3×"),
        (Interval(0.0, 1.9), "at most 1.9×"),
        (Interval(0.0, math.inf), "any number of times"),
    ],
)
def test_an_interval_without_an_end_says_so(interval: Interval, words: str) -> None:
    plot = ratio_plot(interval, None, 2.0)
    assert plot.words.startswith(words)
    assert 0 <= plot.low <= plot.high <= 100


def test_a_rate_beyond_the_scale_ends_at_its_edge() -> None:
    plot = rate_plot(Interval(0.2, 0.9), 0.5, 0.05)
    assert (plot.low, plot.high, plot.equal) == (100, 100, None)
    assert plot.width == 1.0, "still to be seen"


@pytest.mark.parametrize(
    ("code", "facts", "evidence", "minutes"),
    [
        ("too_few_requests", {"requests": 25}, 1.0, 30),  # 75 more at 2.5 a minute
        ("too_few_callers", {"callers": 29}, 1.0, 1),
        ("not_proved", {}, math.sqrt(20), 10),  # half of the way to 1/α, on a log
        ("not_proved", {}, 0.5, None),
        ("too_few_requests", {"requests": 0}, 1.0, None),
    ],
)
def test_not_yet_has_a_time_where_the_pace_is_known(
    code: str, facts: dict[str, int], evidence: float, minutes: int | None
) -> None:
    assert minutes_left(code, facts, plan_of(), timedelta(minutes=10), evidence) == minutes


@pytest.mark.parametrize(
    ("lasts", "bucket", "span"),
    [
        (timedelta(minutes=3), 60, Span.MINUTE),
        (timedelta(hours=3), 300, Span.MINUTE),
        (timedelta(days=3), 7200, Span.HOUR),
        (timedelta(days=300), 86_400, Span.DAY),
    ],
)
def test_charts_cover_the_rollout_in_at_most_60_buckets(
    lasts: timedelta, bucket: int, span: Span
) -> None:
    window = window_between(NOON, NOON + lasts)
    assert (window.range.bucket, window.range.span) == (bucket, span)
    assert 15 <= window.range.count <= 60
    assert window.since <= NOON or lasts > timedelta(days=60)
    assert window.end > (NOON + lasts).timestamp()


def test_a_clock_that_was_set_back_leaves_a_drawing() -> None:
    assert window_between(NOON, NOON - timedelta(hours=1)).range.count == 15


@dataclass(frozen=True)
class Step:
    weight: int
    began_at: datetime
    lasted: timedelta

    @property
    def percentage(self) -> str:
        return f"{self.weight // 1000}%"


def test_each_step_is_as_wide_as_it_was_long_and_as_high_as_its_share() -> None:
    began = datetime(2026, 11, 30, 12, tzinfo=UTC)
    half = timedelta(minutes=30)
    steps = [Step(25_000, began, half), Step(100_000, began + half, half)]
    chart = share_chart(steps, began, began + 2 * half)
    first, second = chart.bars
    assert (first.x, first.width, second.x, second.width) == (0, 50, 50, 50)
    assert second.height == pytest.approx(4 * first.height, abs=0.1)
    assert [group.label for group in chart.markers] == ["25%", "100%"]
    assert chart.labels == ("12:00", "12:15", "12:30", "12:45", "13:00")
