"""Whether a version is well, as every page says it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from dashboard.observability.health import health
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


def requests(edge, now, ago, good, bad, begins=0):
    at = now.timestamp() - ago - MINUTE
    lines = [request(at, status=200)] * good + [request(at, status=500)] * bad
    count(edge, *lines, begins=begins, now=now)


def test_errors_that_rise(edge):
    now = timezone.now()
    requests(edge, now, 600, 1000, 10)
    assert health(["v1"], now)["v1"].ok
    requests(edge, now, 10, 90, 10, begins=1010)
    found = health(["v1"], now)["v1"]
    assert found.kind == "errors"
    assert found.detail == "10.0% of 100 in 2 min, 1.0% in the 15 min before"


def test_a_rate_that_was_high_before_does_not_rise(edge):
    now = timezone.now()
    requests(edge, now, 600, 90, 10)
    requests(edge, now, 10, 88, 12, begins=100)
    assert health(["v1"], now)["v1"].ok


def test_four_failures_are_too_few_to_say(edge):
    now = timezone.now()
    requests(edge, now, 10, 0, 4)
    assert health(["v1"], now)["v1"].ok


@pytest.mark.parametrize("versions", [3, 30])
def test_many_versions_in_two_queries(versions, django_assert_num_queries):
    make_edge(status=told("hung"))
    with django_assert_num_queries(2):
        assert len(health([f"v{n}" for n in range(versions)])) == versions
