"""Thresholds from stable's last day, and figures by block under a rollout's deployment."""

from __future__ import annotations

from datetime import timedelta

import pytest

from dashboard.observability.versions.step_figures import split_figures
from dashboard.rollouts.slow_requests.budget import NO_BUDGET, budget_from_json
from dashboard.rollouts.slow_requests.thresholds import budget_of
from routing.models import Edge
from routing.snapshot import CountSpec
from tests.dashboard.observability.batches import MINUTE, count, request
from tests.factories import T0, make_edge

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
SPEC = CountSpec(block_seconds=2, fine_until=MINUTE + 120, slow_p95_us=50_000)


@pytest.fixture
def edge() -> Edge:
    return make_edge("e1")


def test_thresholds_are_quantiles_of_stables_own_requests(edge: Edge) -> None:
    slow_tenth = [request(us=200_000 if n % 10 == 0 else 30_000) for n in range(200)]
    count(edge, *slow_tenth, *(request(version="v2", us=900_000) for _ in range(300)))
    budget = budget_of("shop", "v1", T0 + HOUR)
    assert (budget.p95_us, budget.p99_us, budget.requests) == (200_000, 0, 200)
    assert budget_from_json(budget.as_json()) == budget


def test_no_threshold_is_lower_than_what_a_fresh_process_costs(edge: Edge) -> None:
    count(edge, *(request(us=900) for _ in range(120)))
    assert budget_of("shop", "v1", T0 + HOUR).p95_us == 20_000


def test_without_a_day_of_traffic_there_is_no_budget(edge: Edge) -> None:
    count(edge, *(request() for _ in range(115)))
    assert budget_of("shop", "v1", T0 + HOUR).p95_us == 0
    assert budget_of("shop", "v1", T0 + 26 * HOUR) == NO_BUDGET
    assert budget_from_json({}) == NO_BUDGET


def test_a_step_is_read_by_block_without_its_cold_start(edge: Edge) -> None:
    cold = [request(0.5, "v2", status=500, typed="t"), request(0.5, "v1")]
    warm = [request(2.5, "v2", us=60_000), request(3, "v1", key="u1"), request(3.5, "v1", key="u1")]
    count(edge, *cold, *warm, request(5, "v1"), specs={"d1": SPEC})
    figures = split_figures("shop", "v2", "v1", "d1", T0, lambda start: start < MINUTE + 2)
    assert (figures.candidate, figures.stable) == ((1, 0), (3, 0))
    assert [(b.candidate, b.stable) for b in figures.blocks] == [(1, 1), (0, 1)]
    slow = figures.slow["p95"]
    assert (slow.candidate, slow.stable) == ((1, 1), (3, 0))
    assert [b.candidate_failed for b in slow.blocks] == [1, 0]


def test_an_edge_that_counts_by_minute_only_is_not_left_out(edge: Edge) -> None:
    count(edge, request(3, "v2"), request(3, "v1"), specs={"d1": SPEC})
    count(make_edge("old"), request(3, "v2", status=500, typed="t"), request(70, "v1"))
    figures = split_figures("shop", "v2", "v1", "d1", T0)
    assert (figures.candidate, figures.stable) == ((2, 1), (2, 0))
    assert len(figures.blocks) == 3
