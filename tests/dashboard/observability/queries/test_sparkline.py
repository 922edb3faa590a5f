"""The last hour as a line, for many Workers at once."""

from datetime import UTC, datetime, timedelta

import pytest

from dashboard.observability.models import Count, Span
from dashboard.observability.queries import sparkline

NOW = datetime(2026, 11, 22, 20, 0, 30, tzinfo=UTC)
MINUTE = int(NOW.timestamp()) // 60 * 60


def count(worker, minutes_ago, requests, error=""):
    Count.objects.create(
        worker=worker,
        span=Span.MINUTE,
        start=MINUTE - 60 * minutes_ago,
        requests=requests,
        error=error,
        status_class=5 if error else 2,
    )


@pytest.mark.django_db
def test_many_workers_cost_one_query_a_minute(django_assert_num_queries):
    for name in ("shop", "pricing"):
        count(name, 1, 40)
    with django_assert_num_queries(1):
        found = sparkline.sparks(NOW)
        assert sparkline.sparks(NOW) == found
    assert sorted(found) == ["pricing", "shop"]


@pytest.mark.django_db
def test_only_whole_minutes_of_the_last_hour_are_drawn():
    count("shop", 0, 9)
    count("shop", 61, 9)
    assert sparkline.sparks(NOW) == {}
    sparkline.forget()
    count("shop", 1, 30)
    count("shop", 1, 10, error="5xx")
    count("shop", 60, 7)
    assert sparkline.sparks(NOW)["shop"].highest == 40


def test_the_highest_point_reaches_the_top_and_zero_is_the_bottom():
    drawn = sparkline.draw([0.0, 5.0, 10.0], 10)
    assert drawn.line == "0.0,22.0 40.5,12.0 81.0,2.0"
    assert drawn.area.startswith("0,22 ") and drawn.area.endswith(" 81.0,22")
    assert drawn.end == 2.0
    assert sparkline.draw([0.0, 0.0], 0).line == "0.0,22.0 81.0,22.0"


@pytest.mark.django_db
def test_a_new_minute_reads_only_those_that_may_have_grown(django_assert_num_queries):
    count("shop", 1, 10)
    count("shop", 30, 50)
    assert sparkline.sparks(NOW)["shop"].highest == 50
    count("shop", 1, 25, error="5xx")  # told late
    count("shop", 0, 5)
    later = NOW + timedelta(minutes=1)
    with django_assert_num_queries(1) as asked:
        drawn = sparkline.sparks(later)["shop"]
    assert drawn.highest == 50 and drawn.line != sparkline.sparks(NOW)["shop"].line
    assert f">= {MINUTE - 60 * sparkline.UNSETTLED + 60}" in asked[0]["sql"]
    sparkline.forget()
    assert sparkline.sparks(later)["shop"] == drawn
