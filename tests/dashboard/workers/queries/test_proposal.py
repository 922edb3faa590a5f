"""What a change does to requests, and what its button says."""

import pytest

from dashboard.fleet.deployment_cache import roles_of_deployment
from dashboard.workers.queries.proposal import full_traffic, move, propose, submit_label
from tests.factories import make_deployment, make_worker

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop():
    """#1 stable at 75%, #2 the candidate at 25%, #3 not live."""
    worker = make_worker("shop", versions=3)
    make_deployment(worker, (version(worker, 1), 100))
    make_deployment(worker, (version(worker, 2), 25), (version(worker, 1), 75))
    return worker


def version(worker, number):
    return worker.versions.get(number=number)


def live(worker):
    return roles_of_deployment(worker.deployments.newest_first().first())


@pytest.mark.parametrize(
    ("number", "text", "points", "back", "changing", "words"),
    [
        (2, "50", "25%", False, 25_000, "Deploy 50% / 50%"),
        (2, "33.333", "8.333%", False, 8_333, "Deploy 33.333% / 66.667%"),
        (2, "5", "20%", True, 20_000, "Deploy 5% / 95%"),
        (2, "0", "25%", True, 25_000, "Deploy 0% / 100%"),
        (2, "100", "75%", False, 75_000, "Promote to 100%"),
        (3, "0", "0%", False, 25_000, "Stage at 0%"),
        (3, "10", "10%", False, 25_000, "Deploy 10% / 90%"),
    ],
)
def test_what_moves(shop, number, text, points, back, changing, words):
    chosen = version(shop, number)
    proposal = propose(chosen, text, version(shop, 1), [])
    found = move(live(shop), proposal, chosen)
    assert (found.points, found.back, found.all) == (points, back, changing)
    assert submit_label(live(shop), proposal) == words


def test_the_first_deployment_promotes_nothing(shop):
    assert submit_label([], full_traffic(version(shop, 1))) == "Deploy 100%"
