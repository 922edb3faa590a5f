"""How a Worker did right before it was rolled back."""

from datetime import timedelta

import pytest
from django.utils import timezone

from dashboard.fleet.bounded_cache import BoundedCache
from dashboard.observability.queries import before_deployment
from dashboard.observability.queries.before_deployment import Active, rates_before
from dashboard.observability.queries.traffic import Recent
from tests.factories import make_deployment, make_traffic, make_worker

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nothing_known(monkeypatch):
    """And a clock that stands: no minute begins within a test."""
    before_deployment.forget()
    now = timezone.now()
    monkeypatch.setattr(timezone, "now", lambda: now)


def rolled_back(name="shop", minutes_ago=20):
    worker = make_worker(name, versions=2)
    one, two = worker.versions.order_by("number")
    make_deployment(worker, (two, 100))
    made = make_deployment(worker, (one, 100), now=timezone.now() - timedelta(minutes=minutes_ago))
    return Active(name, made.pk, made.created_on)


def test_the_five_whole_minutes_before_it_count():
    made = rolled_back(minutes_ago=20)
    for minutes_ago in (26, 20, 19, 1):
        make_traffic("shop", 1000, minutes_ago=minutes_ago)
    for minutes_ago in (25, 21):
        make_traffic("shop", 250, failed=12, minutes_ago=minutes_ago)
    make_traffic("other", 1000, failed=1000, minutes_ago=21)
    assert rates_before([made]) == {"shop": 4.8}


def test_too_few_requests_say_nothing():
    made = rolled_back()
    make_traffic("shop", 99, failed=50, minutes_ago=22)
    assert rates_before([made]) == {}


def test_without_failures_it_was_zero():
    made = rolled_back()
    make_traffic("shop", 100, minutes_ago=22)
    assert rates_before([made]) == {"shop": 0.0}


def test_minutes_that_are_past_are_asked_for_once(django_assert_num_queries):
    made = [rolled_back(f"w{n}") for n in range(3)]
    for n in range(2):
        make_traffic(f"w{n}", 100, failed=n, minutes_ago=22)
    with django_assert_num_queries(1):
        assert rates_before(made) == {"w0": 0.0, "w1": 1.0}
    with django_assert_num_queries(0):
        assert rates_before(made) == {"w0": 0.0, "w1": 1.0}


def test_a_late_batch_still_counts_for_ten_minutes():
    made = rolled_back(minutes_ago=9)
    make_traffic("shop", 100, failed=10, minutes_ago=11)
    assert rates_before([made]) == {"shop": 10.0}
    make_traffic("shop", 100, failed=30, minutes_ago=11)
    assert rates_before([made]) == {"shop": 20.0}


def test_minutes_that_are_no_longer_kept_are_not_asked_for(settings, django_assert_num_queries):
    settings.KEEP_MINUTES = 1
    made = rolled_back(minutes_ago=24 * 60)
    make_traffic("shop", 100, failed=10, minutes_ago=24 * 60 + 2)
    with django_assert_num_queries(0):
        assert rates_before([made]) == {}


def test_no_more_is_remembered_than_has_room(monkeypatch):
    monkeypatch.setattr(before_deployment, "_known", BoundedCache(2))
    made = [rolled_back(f"w{n}") for n in range(3)]
    rates_before(made)
    assert before_deployment._known.get_many(d.id for d in made).keys() == {d.id for d in made[1:]}


def test_many_at_once_are_asked_for_in_parts(monkeypatch):
    monkeypatch.setattr(before_deployment, "AT_ONCE", 2)
    made = [rolled_back(f"w{n}") for n in range(3)]
    for n in range(3):
        make_traffic(f"w{n}", 100, failed=n, minutes_ago=22)
    assert rates_before(made) == {"w0": 0.0, "w1": 1.0, "w2": 2.0}


@pytest.mark.parametrize(
    ("requests", "failed", "rate", "words"),
    [
        (1000, 3, 4.8, "was 4.8%"),
        (1000, 0, 0.25, "was 0.25%"),
        (1000, 48, 4.8, ""),
        (1000, 90, 4.8, ""),
        (99, 0, 4.8, ""),
        (1000, 3, None, ""),
    ],
)
def test_it_is_said_where_the_roll_back_helped(requests, failed, rate, words):
    assert Recent(requests, failed, 5.0, rate).was == words
