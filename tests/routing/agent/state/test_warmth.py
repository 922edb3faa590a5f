"""Which versions run within a budget."""

import random

import pytest

from routing.agent.state.warmth import ESTIMATE_BYTES, MB, RECENT_SECONDS, Running, room, to_stop

NOW = 10_000.0


def running(**used_at):
    return [Running(key, 10 * MB, at) for key, at in used_at.items()]


def stopped(versions, budget_mb=0, idle_seconds=0.0):
    return to_stop(versions, budget_bytes=budget_mb * MB, idle_seconds=idle_seconds, now=NOW)


def test_without_a_limit_everything_runs():
    assert stopped(running(a=0, b=0)) == ()


def test_the_least_recently_used_go_until_the_rest_fits():
    versions = running(newest=NOW - 100, oldest=NOW - 300, middle=NOW - 200)
    assert stopped(versions, budget_mb=30) == ()
    assert stopped(versions, budget_mb=29) == ("oldest",)
    assert stopped(versions, budget_mb=10) == ("oldest", "middle")


def test_versions_with_traffic_stay_whatever_the_budget():
    versions = running(used=NOW - RECENT_SECONDS + 1, idle=NOW - RECENT_SECONDS)
    assert stopped(versions, budget_mb=1) == ("idle",)


def test_idle_ones_go_even_if_there_is_room():
    versions = running(a=NOW - 600, b=NOW - 599)
    assert stopped(versions, budget_mb=1000, idle_seconds=600) == ("a",)


@pytest.mark.parametrize("seed", range(20))
def test_what_stays_fits_or_has_traffic(seed):
    draw = random.Random(seed)
    versions = [
        Running(f"v{n}", draw.randrange(5, 60) * MB, NOW - draw.uniform(0, 300)) for n in range(30)
    ]
    budget = draw.randrange(50, 900)
    gone = set(stopped(versions, budget_mb=budget))
    left = [version for version in versions if version.version_id not in gone]
    idle = [version for version in left if NOW - version.used_at >= RECENT_SECONDS]
    assert sum(v.memory_bytes for v in left) <= budget * MB or not idle
    newest_gone = max((v.used_at for v in versions if v.version_id in gone), default=0.0)
    assert newest_gone <= min((version.used_at for version in idle), default=NOW)


def test_room_is_what_is_left_of_the_budget():
    assert room(running(a=0, b=0), 20 * MB + 3 * ESTIMATE_BYTES) == 3
    assert room(running(a=0, b=0), 10 * MB) == 0
