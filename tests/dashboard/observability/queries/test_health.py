"""Whether a version is well, as every page says it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from dashboard.observability.models import Flag
from dashboard.observability.queries.health import RECENT_END, health, unwell
from routing.models import Edge
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


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("memory", "ran out of memory"),
        ("hang", "hung and was replaced"),
        ("crash", "crashed"),
        ("start", "could not start"),
    ],
)
def test_an_end_needs_attention_for_a_while_though_it_runs_again(kind, words):
    now = timezone.now()
    end = {"kind": kind, "at": now.isoformat(), "message": "the reason"}
    make_edge("e1", status=told("running", restarts=1, end=end))
    found = health(["v1"], now)["v1"]
    assert (found.kind, found.words) == ("ended", words)
    assert found.detail == f"at e1 at {now:%H:%M:%S} UTC, runs again, 1 restart: the reason"
    Edge.objects.update(last_seen_on=now + RECENT_END)
    assert health(["v1"], now + RECENT_END)["v1"].kind == "ended"
    Edge.objects.update(last_seen_on=now + RECENT_END * 2)
    assert health(["v1"], now + RECENT_END * 2)["v1"].ok


@pytest.mark.parametrize(
    "end", [None, {"kind": "edge", "at": "2999-01-01T00:00:00Z"}, {"kind": "?"}]
)
def test_what_is_no_recent_end_of_the_version_makes_nobody_ill(end):
    make_edge("e1", status=told("running", end=end))
    assert health(["v1"])["v1"].ok


def test_the_worst_of_several_edges_counts_and_all_are_named():
    make_edge("e1", status=told("backoff", restarts=1))
    make_edge("e2", status=told("hung"))
    found = health(["v1"])["v1"]
    assert found.kind == "hung" and "e1, e2" in found.detail


def test_the_last_words_of_a_silent_edge_say_nothing_about_now():
    make_edge(status=told("hung"), last_seen_on=timezone.now() - timedelta(minutes=1))
    assert health(["v1"])["v1"].ok


@pytest.mark.parametrize("versions", [3, 30])
def test_many_versions_in_two_queries(versions, django_assert_num_queries):
    make_edge(status=told("hung"))
    with django_assert_num_queries(2):
        assert len(health([f"v{n}" for n in range(versions)])) == versions


def make_flag(version="v1", **given):
    fields = {"failing": 16, "callers": 55, "compared_failing": 0, "compared_callers": 160}
    fields |= {"rule": "stable", "unknown": 0, "raised_at": timezone.now(), "deployment_id": "d1"}
    return Flag.objects.create(worker="shop", version_id=version, **(fields | given))


@pytest.mark.parametrize(
    ("fields", "words", "detail"),
    [
        (
            {},
            "harm found",
            "16 of 55 failed (29%, 13–51%); stable in the same minutes 0 failed, under 3.7%."
            " Counted by caller",
        ),
        (
            {"rule": "past", "unknown": 55},
            "errors rising",
            "16 of 55 failed (29%, 13–51%); the hour before 0 failed, under 3.7%."
            " Assumes independent requests",
        ),
        (
            {"rule": "high", "unknown": 5},
            "errors high",
            "16 of 55 failed (29%, 13–51%). Counted by caller where callers are known",
        ),
    ],
)
def test_a_flag_says_by_which_numbers(fields, words, detail):
    flag = make_flag(**fields)
    found = health(["v1", "v2"])
    assert found["v2"].ok
    assert (found["v1"].kind, found["v1"].words, found["v1"].detail) == ("errors", words, detail)
    assert found["v1"].flagged_at == flag.raised_at


def test_a_broken_process_is_worse_than_errors_and_all_are_named_once():
    make_flag("v1")
    make_flag("v2", acknowledged_at=timezone.now())
    make_flag("v6", left_at=timezone.now())
    make_flag("v3")
    states = {"v3": {"state": "hung"}, "v4": {"state": "running"}, "v5": {"state": "failed"}}
    make_edge("e2", status={"versions": states})
    kinds = {version: found.kind for version, found in unwell().items()}
    assert kinds == {"v1": "errors", "v3": "hung", "v5": "failed"}
    assert set(unwell({"v2", "v3", "v4"})) == {"v3"}


@pytest.mark.parametrize("status", [{}, {"versions": {}}, {"versions": None}])
def test_an_edge_that_has_said_nothing_yet_makes_nobody_ill(status):
    make_edge(status=status)
    assert unwell() == {}
