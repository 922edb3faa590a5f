"""What late edges still answer by: one line, whatever their number."""

from datetime import timedelta

import pytest
from django.utils import timezone

from dashboard.fleet.propagation import meter_of
from dashboard.fleet.version_roles import phrase
from dashboard.workers.queries.lag import lag_of
from tests.factories import make_deployment, make_edge, make_user, make_worker

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop():
    """Three deployments, after another Worker's: #1 alone, #2 at 10%, #2 alone."""
    make_deployment(make_worker("older"))
    worker = make_worker("shop", versions=2)
    one, two = worker.versions.order_by("number")
    for shares in [((one, 100),), ((two, 10), (one, 90)), ((two, 100),)]:
        make_deployment(worker, *shares)
    return worker


def found(worker):
    newest = worker.deployments.newest_first().first()
    return lag_of(
        worker, meter_of(worker.name, newest.revision, newest.created_on.replace(year=2025))
    )


def revision(worker, number):
    return worker.deployments.get(number=number).revision


def test_none_when_all_have_it_or_none_ever_had_any(shop):
    make_edge("local-1", applied_revision=revision(shop, 3))
    make_edge("new", applied_revision=0)
    assert found(shop) is None


def test_several_that_have_the_same_are_one_line(shop):
    for name in ("local-1", "local-2", "local-3", "local-4"):
        make_edge(name, applied_revision=revision(shop, 2))
    lag = found(shop)
    assert lag.names == "local-1, local-2 and 2 more" and lag.others == 0
    assert phrase(lag.standings) == "Candidate #2 10%, stable #1 90%"
    assert lag.short_id == str(shop.deployments.get(number=2).id)[:8]


def test_what_most_have_is_said_and_the_others_are_counted(shop):
    for name, number in (("local-1", 1), ("local-2", 2), ("local-3", 2)):
        make_edge(name, applied_revision=revision(shop, number))
    lag = found(shop)
    assert lag.names == "local-2 and local-3" and lag.others == 1


def test_one_from_before_the_first_deployment_answers_nothing(shop):
    make_edge("local-1", applied_revision=revision(shop, 1) - 1)
    lag = found(shop)
    assert lag.deployment is None and lag.standings == []


@pytest.mark.parametrize("edges", [1, 12])
def test_it_costs_the_same_for_many_edges(shop, edges, django_assert_num_queries):
    for n in range(edges):
        make_edge(f"local-{n}", applied_revision=revision(shop, 2))
    found(shop)
    with django_assert_num_queries(4):  # the newest deployment, the meter's two, what they have
        found(shop)


def test_the_page_says_it(client, shop):
    long_ago = timezone.now() - timedelta(hours=1)
    make_edge("local-1", applied_revision=revision(shop, 2), last_seen_on=long_ago)
    client.force_login(make_user("maya"))
    html = " ".join(client.get("/workers/shop/").content.decode().split())
    assert "local-1 still answers by" in html and "Nothing is lost meanwhile" in html
