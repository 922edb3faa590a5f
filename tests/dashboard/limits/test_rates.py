"""So many in a minute; with Redis, for all processes."""

import pytest
from redis.exceptions import ConnectionError as RedisAway

from dashboard.limits import rates
from dashboard.limits.messages import no_place, try_again
from dashboard.limits.rates import Rate, seconds_to_wait

RATE = Rate("test", burst=3, per_minute=60)


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    """Seconds, moved by hand."""
    now = [1000.0]
    monkeypatch.setattr("dashboard.limits.rates.time.monotonic", lambda: now[0])
    monkeypatch.setattr(rates, "_down_until", 0.0)
    return now


def test_a_burst_then_one_every_so_often(clock):
    assert [seconds_to_wait(RATE, "ann") for _ in range(4)] == [0, 0, 0, 1]
    assert seconds_to_wait(RATE, "bob") == 0
    clock[0] += 1
    assert [seconds_to_wait(RATE, "ann") for _ in range(2)] == [0, 1]
    clock[0] += 600
    assert [seconds_to_wait(RATE, "ann") for _ in range(4)] == [0, 0, 0, 1]


def test_more_than_a_burst_is_granted_to_who_took_nothing_lately(clock):
    assert seconds_to_wait(RATE, "ann", cost=10) == 0
    assert seconds_to_wait(RATE, "ann") == 8
    clock[0] += 8
    assert seconds_to_wait(RATE, "ann") == 0


def test_without_redis_each_process_counts_by_itself(settings, monkeypatch, clock):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    tried = []

    def away(**given):
        tried.append(given)
        raise RedisAway("away")

    monkeypatch.setattr(rates, "_script", lambda url: away)
    assert [seconds_to_wait(RATE, "ann") for _ in range(4)] == [0, 0, 0, 1]
    assert len(tried) == 1  # not again within some seconds
    clock[0] += 10
    seconds_to_wait(RATE, "ann")
    assert len(tried) == 2


def test_messages_say_when_to_try_again():
    assert try_again(1) == "Rate limit reached. Try again in 1 second."
    assert try_again(3) == "Rate limit reached. Try again in 3 seconds."
    assert no_place("uploads", own=True).startswith("Too many of your uploads are still running.")
