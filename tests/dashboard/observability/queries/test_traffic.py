"""What each version did, as pages read it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from dashboard.fleet.deployment_cache import roles_of_deployment
from dashboard.observability.queries.statistics import Split
from dashboard.observability.queries.traffic import first_minute, recent, splits, traffic
from tests.dashboard.observability.batches import MINUTE, count, request
from tests.factories import make_deployment, make_worker

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop():
    return make_worker("shop", versions=2)


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def at(now):
    """Seconds from T0 to a moment of the last minutes."""
    base = first_minute(now - timedelta(minutes=3)) - MINUTE

    def moment(seconds=0):
        return base + seconds

    return moment


def test_requests_errors_and_quantiles_of_each_version(edge, shop, now, at):
    good = [request(at(), "v1", us=1000 * n) for n in range(1, 101)]
    bad = [
        request(at(60), "v2", status=500),
        request(at(60), "v2", status=500, tx=21, typed=None),
        request(at(60), "v2", status=404),
        request(at(60), "v2", status=503, flags="UF"),
    ]
    count(edge, *good, *bad, now=now)
    found = traffic(shop, now - timedelta(minutes=5), now)
    assert found.requests == 104
    one, two = found.of("v1"), found.of("v2")
    assert (one.requests, one.failed, one.error_rate, one.enough) == (100, 0, 0, True)
    assert one.p50 == pytest.approx(50, abs=1) and one.p99 == pytest.approx(99, abs=1)
    assert two.errors == {"5xx": 1, "exception": 1, "4xx": 1, "runtime": 1}
    assert (two.failed, two.error_rate, two.enough) == (3, 75, False)
    assert found.share("v2") == pytest.approx(100 * 4 / 104)
    assert found.of("v3").requests == 0 and found.of("v3").p50 is None


def test_what_came_before_or_after_is_left_out(edge, shop, now, at):
    count(edge, request(at(-600)), request(at()), now=now)
    assert traffic(shop, now - timedelta(minutes=5), now).requests == 1
    assert traffic(shop, now - timedelta(hours=1), now).requests == 2


def test_long_ranges_read_the_hours_and_days(edge, shop, now):
    for days in (1, 3, 60):
        then = (now - timedelta(days=days)).timestamp() - MINUTE
        count(edge, request(then), begins=days, now=now)
    assert traffic(shop, now - timedelta(days=7), now).requests == 2
    assert traffic(shop, now - timedelta(days=90), now).requests == 3


def test_the_split_counts_draws_of_its_own_deployment_only(edge, shop, now, at):
    one, two = shop.versions.order_by("number")
    live = make_deployment(shop, (two, 25), (one, 75))

    def drawn(version, n, **fields):
        fields = {"deployment": str(live.id)} | fields
        return [request(at(), str(version.id), **fields) for _ in range(n)]

    lines = [*drawn(two, 40), *drawn(one, 160), *drawn(one, 99, deployment="before")]
    count(edge, *lines, *drawn(two, 50, route="shop/override"), now=now)
    found = traffic(shop, now - timedelta(minutes=5), now, live)
    told = splits(roles_of_deployment(live), found)
    split = told[str(two.id)]
    assert (split.drawn, split.draws, split.observed) == (40, 200, 20)
    assert split.by_chance == pytest.approx((19.0, 31.0), abs=0.1) and split.as_expected


def test_chance_says_nothing_about_a_few():
    assert Split(25_000, 90, 99).by_chance is None and Split(25_000, 90, 99).as_expected


def test_the_limits_of_chance_are_exact():
    split = Split(10_000, 16, 100)
    assert split.by_chance == (5, 16) and split.as_expected
    assert not Split(10_000, 17, 100).as_expected


def test_a_share_that_chance_does_not_explain():
    assert not Split(25_000, 400, 1000).as_expected
    assert Split(0, 0, 1000).by_chance == (0, 0)


@pytest.mark.parametrize("workers", [3, 30])
def test_the_last_minutes_of_many_workers_in_two_queries(
    edge, now, at, workers, django_assert_num_queries
):
    lines = [
        request(at(), route=f"w{n}/percentage", status=500 if n else 200) for n in range(workers)
    ]
    count(edge, *lines, *lines, now=now)
    with django_assert_num_queries(2):
        found = recent([f"w{n}" for n in range(workers)], now)
    assert len(found) == workers
    assert found["w0"].error_rate == 0 and found["w1"].error_rate == 100
    assert 0 < found["w1"].per_minute <= 2


@pytest.mark.parametrize("versions", [3, 30])
def test_one_worker_in_two_queries(edge, shop, now, at, versions, django_assert_num_queries):
    count(edge, *[request(at(), f"v{n}") for n in range(versions)], now=now)
    with django_assert_num_queries(2):
        assert len(traffic(shop, now - timedelta(minutes=5), now).versions) == versions
