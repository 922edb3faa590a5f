"""Time series of requests: they say what the tally says, and are forgotten in time."""

from routing.agent.access_log.log_line import Line
from routing.agent.access_log.request_counts import Tally
from routing.agent.metrics.time_series import BOUNDS, FORGET_SECONDS, Requests, Series, Spans

T0 = 1_795_380_000.0


def tally(*lines, version="v1", deployment="d1", **given):
    counted = Tally()
    for us in lines:
        line = Line(
            line="x",
            ts=str(T0),
            listener="public",
            status=given.get("status", 200),
            us=us,
            version=version,
            route=given.get("route", "shop/percentage"),
            deployment=deployment,
        )
        counted.add(line, T0)
    return counted


def test_requests_are_counted_by_version_and_why():
    series = Series()
    series.count(tally(900, 1000, 40_000_000), rows=2, now=T0)
    series.count(tally(1, status=503, route="shop/override"), rows=1, now=T0)
    plain = Requests("shop", "v1", "d1", "external", "percentage", "absent", "2xx", "")
    asked = Requests("shop", "v1", "d1", "external", "override", "applied", "5xx", "5xx")
    assert series.requests == {plain: 3, asked: 1} and series.shipped == 3
    assert series.outcomes == {"applied": 1}


def test_a_histogram_is_cumulative_and_its_bounds_belong_to_their_bucket():
    series = Series()
    series.count(tally(900, 1000, 1001, 40_000_000), rows=0, now=T0)
    buckets = dict(series.spans[Spans("shop", "v1", "external")].buckets())
    assert buckets["0.001"] == 2 and buckets["0.0025"] == 3
    assert buckets[str(BOUNDS[-1])] == 3 and buckets["+Inf"] == 4


def test_connections_that_carry_rpc_are_no_requests():
    series = Series()
    series.count(tally(5, route="shop/rpc"), rows=0, now=T0)
    assert not series.requests


def test_what_is_deployed_stays_and_what_is_gone_is_dropped_after_an_hour():
    series, later = Series(), T0 + FORGET_SECONDS + 1
    series.count(tally(5), rows=0, now=T0)
    series.count(tally(5, version="v2", deployment="d2"), rows=0, now=T0)
    series.count(tally(5, version="", deployment="", route=""), rows=0, now=T0)
    series.forget(frozenset({"v1", "d1"}), T0 + 10)
    assert len(series.requests) == 3
    series.forget(frozenset({"v1", "d1"}), later)
    assert {key.version for key in series.requests} == {"v1", ""}
    assert {key.version for key in series.spans} == {"v1", ""}


def test_many_deployments_of_one_version_do_not_pile_up():
    series = Series()
    for n in range(100):
        series.count(tally(5, deployment=f"d{n}"), rows=0, now=T0 + n)
    series.forget(frozenset({"v1", "d99"}), T0 + FORGET_SECONDS + 1000)
    assert [key.deployment for key in series.requests] == ["d99"]
