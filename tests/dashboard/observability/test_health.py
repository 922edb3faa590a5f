"""Whether a version is well, as every page says it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from dashboard.observability.health import health, unwell
from tests.dashboard.observability.batches import MINUTE, count, request
from tests.factories import make_edge

pytestmark = pytest.mark.django_db


def told(state, **fields):
    return {"versions": {"v1": {"state": state, "restarts": 0, "message": "", **fields}}}


def test_a_version_nobody_complains_about_is_well():
    make_edge(status=told("running"))
    assert [found.ok for found in health(["v1", "v2"]).values()] == [True, True]


@pytest.mark.parametrize(
    ("state", "kind", "words"),
    [
        ("backoff", "crashing", "crash loop"),
        ("hung", "hung", "hangs"),
        ("failed", "failed", "cannot start"),
    ],
)
def test_what_an_edge_says_about_the_process(state, kind, words):
    make_edge("e1", status=told(state, restarts=3, message="SIGSEGV"))
    found = health(["v1"])["v1"]
    assert (found.kind, found.words) == (kind, words)
    assert found.detail == "at e1, 3 restarts: SIGSEGV"


def test_the_worst_of_several_edges_counts_and_all_are_named():
    make_edge("e1", status=told("backoff", restarts=1))
    make_edge("e2", status=told("hung"))
    found = health(["v1"])["v1"]
    assert found.kind == "hung" and "e1, e2" in found.detail


def test_the_last_words_of_a_silent_edge_say_nothing_about_now():
    make_edge(status=told("hung"), last_seen_on=timezone.now() - timedelta(minutes=1))
    assert health(["v1"])["v1"].ok


@pytest.fixture
def now():
    """Half past a minute: what came ten seconds ago came in the minute that still runs."""
    return timezone.now().replace(second=30, microsecond=0)


def requests(edge, now, ago, good, bad, begins=0, **fields):
    at = now.timestamp() - ago - MINUTE
    lines = [request(at, status=status, **fields) for status in [200] * good + [500] * bad]
    count(edge, *lines, begins=begins, now=now)


def test_errors_that_rise(edge, now):
    requests(edge, now, 600, 1000, 10)
    assert health(["v1"], now)["v1"].ok
    requests(edge, now, 10, 90, 10, begins=1010)
    found = health(["v1"], now)["v1"]
    assert (found.kind, found.words) == ("errors", "errors rising")
    assert found.detail == "10.0% of 100 in 2 min, 1.0% in the 15 min before"


def test_a_rate_that_was_there_before_does_not_rise(edge, now):
    requests(edge, now, 600, 96, 4)
    requests(edge, now, 10, 94, 6, begins=100)
    assert health(["v1"], now)["v1"].ok


def test_four_failures_are_too_few_to_say(edge, now):
    requests(edge, now, 10, 0, 4)
    assert health(["v1"], now)["v1"].ok


def test_a_rate_that_stays_high_is_no_better_for_having_been_so(edge, now):
    requests(edge, now, 900, 184, 16)
    requests(edge, now, 200, 1104, 96, begins=200)
    found = health(["v1"], now)["v1"]
    assert (found.kind, found.words) == ("errors", "errors high")
    assert found.detail == "8.0% of 1,200 in 5 min"


@pytest.mark.parametrize(
    ("good", "bad", "ok"), [(95, 5, False), (96, 5, True), (94, 5, True), (0, 99, True)]
)
def test_one_in_twenty_of_a_hundred_is_high(edge, now, good, bad, ok):
    requests(edge, now, 200, good, bad)
    assert health(["v1"], now)["v1"].ok is ok


def test_a_few_failures_a_minute_are_high_where_few_requests_come(edge, now):
    for minute in range(5):
        requests(edge, now, 90 + 60 * minute, 20, 2, begins=22 * minute)
    assert health(["v1"], now)["v1"].detail == "9.1% of 110 in 5 min"


@pytest.mark.parametrize(("ago", "ok"), [(331, True), (330, False), (31, False), (30, True)])
def test_errors_are_high_in_five_whole_minutes(edge, now, ago, ok):
    requests(edge, now, 900, 90, 10)  # so that nothing rises
    requests(edge, now, ago, 90, 10, begins=100)
    assert health(["v1"], now)["v1"].ok is ok


def test_errors_that_are_high_and_rise_are_said_to_rise(edge, now):
    requests(edge, now, 600, 990, 10)
    requests(edge, now, 80, 900, 100, begins=1000)
    assert health(["v1"], now)["v1"].words == "errors rising"


def test_a_caller_who_is_wrong_is_no_failure(edge, now):
    at = now.timestamp() - 200 - MINUTE
    count(edge, *[request(at, status=404)] * 100, now=now)
    assert health(["v1"], now)["v1"].ok


def test_requests_to_a_preview_count_neither_as_failed_nor_as_good(edge, now):
    requests(edge, now, 200, 0, 100, route="shop/preview")
    assert health(["v1"], now)["v1"].ok
    requests(edge, now, 200, 90, 10, begins=100)
    assert health(["v1"], now)["v1"].detail == "10.0% of 100 in 5 min"


def test_a_version_that_only_overrides_reach_counts_like_any(edge, now):
    requests(edge, now, 200, 90, 10, route="shop/override")
    assert health(["v1"], now)["v1"].words == "errors high"


def test_what_an_edge_says_about_the_process_is_worse_than_errors(edge, now):
    requests(edge, now, 200, 90, 10)
    make_edge("e2", status=told("hung"), last_seen_on=now)
    assert health(["v1"], now)["v1"].kind == "hung"


@pytest.mark.parametrize("versions", [3, 30])
def test_failures_cost_one_query_more(edge, now, versions, django_assert_num_queries):
    for n in range(versions):
        requests(edge, now, 200, 90, 10, begins=100 * n, version=f"v{n}")
    with django_assert_num_queries(3):
        found = health([f"v{n}" for n in range(versions)], now)
    assert not any(one.ok for one in found.values())


@pytest.mark.parametrize("versions", [3, 30])
def test_many_versions_in_two_queries(versions, django_assert_num_queries):
    make_edge(status=told("hung"))
    with django_assert_num_queries(2):
        assert len(health([f"v{n}" for n in range(versions)])) == versions


def test_of_all_versions_only_those_that_are_not_well_are_named(edge, now):
    requests(edge, now, 200, 90, 10)
    requests(edge, now, 200, 100, 0, begins=100, version="v2")
    told = {"v3": {"state": "hung"}, "v4": {"state": "running"}, "v5": {"state": "failed"}}
    make_edge("e2", status={"versions": told}, last_seen_on=now)
    assert {v: found.kind for v, found in unwell(now=now).items()} == {
        "v1": "errors",
        "v3": "hung",
        "v5": "failed",
    }
    assert unwell({"v2", "v3", "v4"}, now) == {"v3": health(["v3"], now)["v3"]}


@pytest.mark.parametrize("status", [{}, {"versions": {}}, {"versions": None}])
def test_an_edge_that_has_said_nothing_yet_makes_nobody_ill(status):
    make_edge(status=status)
    assert unwell() == {}
