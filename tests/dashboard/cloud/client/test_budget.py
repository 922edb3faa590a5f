"""300 calls in 5 minutes, 40 of them for writes; what Cloudflare says is left; 429."""

import pytest

from dashboard.cloud.client.budget import Budget, answered, seconds_until_free, spent
from dashboard.cloud.client.errors import CloudError, Kind
from dashboard.cloud.client.spending import SharedBudget
from routing.snapshot import Secret

NOW = 1_800_000_000.0


def after(calls, now=NOW, budget=None):
    budget = budget or Budget()
    for _ in range(calls):
        budget = spent(budget, now)
    return budget


def test_reads_stop_at_260_and_writes_at_300():
    assert seconds_until_free(after(259), NOW, write=False) == 0
    assert seconds_until_free(after(260), NOW, write=False) == 310
    assert seconds_until_free(after(299), NOW, write=True) == 0
    assert seconds_until_free(after(300), NOW, write=True) == 310


def test_calls_leave_the_window_ten_seconds_at_a_time():
    budget = after(100, NOW + 100, after(160))
    assert seconds_until_free(budget, NOW + 100, write=False) == 210
    assert seconds_until_free(budget, NOW + 310, write=False) == 0
    assert budget.used(NOW + 310) == 100


def test_never_more_than_300_in_any_5_minutes():
    budget, times, now = Budget(), [], NOW
    while now < NOW + 3600:
        if seconds_until_free(budget, now, write=True) == 0:
            budget = spent(budget, now)
            times.append(now)
        now += 0.25
    for start in range(0, 3300, 7):
        assert sum(NOW + start <= t < NOW + start + 300 for t in times) <= 300
    assert len(times) > 3000


def test_reading_stops_while_cloudflare_says_that_little_is_left():
    budget = answered(Budget(), NOW, 200, {"x-ratelimit-remaining": "399"})
    assert seconds_until_free(budget, NOW + 1, write=False) == 59
    assert seconds_until_free(budget, NOW + 1, write=True) == 0
    assert seconds_until_free(budget, NOW + 60, write=False) == 0
    budget = answered(budget, NOW, 200, {"x-ratelimit-remaining": "400"})
    assert seconds_until_free(budget, NOW + 1, write=False) == 0


def test_of_a_smaller_limit_a_third_is_left():
    headers = {"x-ratelimit-limit": "60", "x-ratelimit-remaining": "20"}
    assert seconds_until_free(answered(Budget(), NOW, 200, headers), NOW, write=False) == 0
    headers["x-ratelimit-remaining"] = "19"
    assert seconds_until_free(answered(Budget(), NOW, 200, headers), NOW, write=False) == 60


@pytest.mark.parametrize(
    ("headers", "wait"), [({"retry-after": "120"}, 120), ({}, 300), ({"retry-after": "soon"}, 300)]
)
def test_429_stops_everything(headers, wait):
    budget = answered(Budget(), NOW, 429, headers)
    assert seconds_until_free(budget, NOW, write=True) == wait
    assert seconds_until_free(budget, NOW + wait, write=True) == 0


def test_all_processes_share_it(db):
    ours, theirs = SharedBudget(Secret("t")), SharedBudget(Secret("t"))
    for number in range(260):
        (ours if number % 2 else theirs).spend(NOW, write=False)
    with pytest.raises(CloudError) as refused:
        ours.spend(NOW, write=False)
    assert refused.value.kind is Kind.OVER_BUDGET and refused.value.wait == 310
    theirs.spend(NOW, write=True)
    SharedBudget(Secret("other")).spend(NOW, write=False)
    SharedBudget(Secret("t"), "graphql").spend(NOW, write=False)


def test_another_process_between_reading_and_writing_is_not_overwritten(db, monkeypatch):
    from dashboard.cloud.client import spending

    original, raced = spending.spent, []

    def slow(budget, now):
        if not raced:
            raced.append(1)
            SharedBudget(Secret("t")).spend(NOW, write=False)
        return original(budget, now)

    monkeypatch.setattr(spending, "spent", slow)
    SharedBudget(Secret("t")).spend(NOW, write=False)
    assert SharedBudget(Secret("t")).read().used(NOW) == 2


def test_noting_an_answer_never_fails(db, monkeypatch):
    """It comes after the call: a write that took effect must not look unsent."""
    monkeypatch.setattr("dashboard.cloud.client.spending._TRIES", 0)
    budget = SharedBudget(Secret("x" * 40))
    budget.note_answer(NOW, 429, {})
    with pytest.raises(CloudError):
        budget.spend(NOW, write=True)
