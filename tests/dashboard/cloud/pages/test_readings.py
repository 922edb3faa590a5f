"""The budget holds over a simulated hour: 20 Workers, five open pages, and the list of Workers."""

from datetime import UTC, datetime, timedelta

import pytest

from dashboard.cloud.client.budget import Budget, seconds_until_free, spent
from dashboard.cloud.client.errors import CloudError, Kind
from dashboard.cloud.models import FollowedWorker
from dashboard.cloud.pages import workers_page
from dashboard.cloud.pages.workers_page import SPLITS
from dashboard.cloud.readings import (
    FIGURES,
    LISTS,
    LOGS,
    VERSIONS,
    live_freshness,
    reading,
    watched_workers,
)

START = datetime(2026, 11, 30, tzinfo=UTC)


class Meter:
    """Calls as the client counts them; a refused one fails the test."""

    def __init__(self):
        self.budget, self.times = Budget(), []

    def call(self, now):
        seconds = now.timestamp()
        assert seconds_until_free(self.budget, seconds, write=False) == 0
        self.budget = spent(self.budget, seconds)
        self.times.append(seconds)
        return "answer"


@pytest.mark.parametrize("pages", [1, 2, 5])
def test_a_simulated_hour_with_open_pages(account, pages, monkeypatch):
    """The list of all Workers with what is live is open as well."""
    rest, graphql = Meter(), Meter()
    followed = [FollowedWorker(name=f"worker-{number}") for number in range(20)]

    def read_again(account, name, now):
        return reading(account, f"deployments.{name}", lambda: rest.call(now), now, SPLITS)

    monkeypatch.setattr(workers_page, "_read_again", read_again)
    open_pages = [f"worker-{number}" for number in range(20)][:pages]
    for second in range(0, 3600, 5):
        now = START + timedelta(seconds=second)
        reading(account, "workers", lambda now=now: rest.call(now), now, LISTS)
        if second % 15 == 0:
            workers_page._readings(account, followed, now)
        for name in open_pages:
            fresh = live_freshness(watched_workers(account, name, now))
            for what, seconds in (("deployments", fresh), ("versions", VERSIONS)):
                reading(account, f"{what}.{name}", lambda now=now: rest.call(now), now, seconds)
            reading(account, "errors", lambda now=now: rest.call(now), now, LOGS)
            reading(account, f"counts.{name}", lambda now=now: graphql.call(now), now, FIGURES)
    begin = START.timestamp()
    for start in range(0, 3300, 60):
        window = [at for at in rest.times if begin + start <= at < begin + start + 300]
        assert len(window) <= 260
    assert len(graphql.times) <= pages * 120
    assert watched_workers(account, open_pages[0], START + timedelta(hours=2)) == 1


def test_deployments_from_elsewhere_appear_within_ten_seconds():
    polls = 5
    for watched in range(1, 6):
        fresh = live_freshness(watched)
        assert -(-fresh // polls) * polls <= 10


def test_a_slow_answer_is_asked_for_once_and_others_see_the_last_one(account):
    reading(account, "workers", lambda: "old", START, LISTS)
    later, seen = START + timedelta(seconds=60), []

    def slow():
        seen.append(reading(account, "workers", lambda: "asked twice", later, LISTS))
        return "new"

    assert reading(account, "workers", slow, later, LISTS).value == "new"
    assert [(r.value, r.read_at) for r in seen] == [("old", START)]
    assert reading(account, "workers", slow, later, LISTS).value == "new" and len(seen) == 1


def test_a_failure_is_shared_for_a_moment_and_the_last_answer_stays(account):
    reading(account, "workers", lambda: "old", START, LISTS)
    later, tries = START + timedelta(seconds=60), []

    def fail():
        tries.append(1)
        raise CloudError(Kind.UNAVAILABLE, "no answer")

    for _ in range(3):
        got = reading(account, "workers", fail, later, LISTS)
        assert (got.value, got.read_at, got.problem) == ("old", START, "no answer")
    assert len(tries) == 1
