"""Which deployment of a Worker an edge has, while another Worker holds it up."""

import pytest

from routing.control.publish import target
from routing.models import Edge
from tests.factories import make_deployment, make_edge, make_worker

STUCK = {"broken": {"error": "SyntaxError", "deployment": "d", "revision": 7}}
COMING = {"broken": {"error": "", "deployment": "d", "revision": 7}}


@pytest.mark.parametrize(
    ("applied", "desired", "lagging", "worker", "revision", "has"),
    [
        (40, 40, {}, "shop", 40, True),
        (40, 40, {}, "shop", 41, False),
        (40, 45, STUCK, "shop", 45, True),
        (40, 45, STUCK, "shop", 46, False),
        (40, 45, STUCK, "broken", 41, False),
        (40, 45, STUCK, "broken", 7, True),
        (0, 45, STUCK, "broken", 8, False),
        (40, 0, {}, "shop", 40, True),  # an agent that does not say what it desires
    ],
)
def test_an_edge_has_what_does_not_lag(applied, desired, lagging, worker, revision, has):
    edge = Edge(applied_revision=applied, desired_revision=desired, lagging=lagging)
    assert edge.has(worker, revision) is has


@pytest.mark.parametrize(("lagging", "current"), [({}, 45), (STUCK, 45), (COMING, 40)])
def test_a_worker_that_cannot_start_holds_up_no_revision(lagging, current):
    edge = Edge(applied_revision=40, desired_revision=45, lagging=lagging)
    assert edge.current_revision == current


@pytest.mark.django_db
def test_the_target_of_an_edge_is_the_deployment_that_it_has():
    shop = make_worker("shop", versions=2)
    one, two = shop.versions.order_by("number")
    before = make_deployment(shop, (one, 100))
    broken = make_deployment(make_worker("broken"))
    newest = make_deployment(shop, (two, 100))
    lag = {"broken": {"error": "no", "deployment": "", "revision": 0}}
    edge = make_edge(
        applied_revision=broken.revision - 1, desired_revision=newest.revision, lagging=lag
    )
    assert target(shop, newest, edge=edge).deployment_id == str(newest.id)
    edge.desired_revision = newest.revision - 1
    assert target(shop, newest, edge=edge).deployment_id == str(before.id)
    edge.lagging |= {"shop": {"error": "no", "deployment": "", "revision": before.revision}}
    edge.desired_revision = newest.revision
    assert target(shop, newest, edge=edge).deployment_id == str(before.id)
