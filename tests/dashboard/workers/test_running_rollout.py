"""While a rollout runs, a Worker's pages lead to it instead of to forms that would be refused."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone

from dashboard.rollouts.actions.start import start
from dashboard.rollouts.decisions.plan import Plan, parse_steps
from dashboard.rollouts.models import Rollout
from routing.models import Worker
from tests.factories import make_deployment, make_version, make_worker


@pytest.fixture
def shop(db: None) -> Worker:
    worker = make_worker("shop")
    make_deployment(worker, (worker.versions.get(), 100))
    make_version("shop")
    make_deployment(
        worker, (worker.versions.get(number=2), 10), (worker.versions.get(number=1), 90)
    )
    return worker


@pytest.fixture
def rollout(shop: Worker) -> Rollout:
    return start(
        worker=shop,
        version_id=str(shop.versions.get(number=2).id),
        plan=Plan(parse_steps("10:1h,100")),
        owner=None,
        source="shell",
        now=timezone.now(),
    )


@pytest.mark.parametrize("page", ["", "versions/", "observability/"])
def test_every_page_leads_to_the_rollout(maya: Client, rollout: Rollout, page: str) -> None:
    html = maya.get(f"/workers/shop/{page}").content.decode()
    assert f"/workers/shop/rollouts/{rollout.pk}/" in html
    assert 'href="/workers/shop/rollback/"' not in html


def test_without_one_the_way_back_is_there(maya: Client, shop: Worker) -> None:
    assert 'href="/workers/shop/rollback/"' in maya.get("/workers/shop/").content.decode()
    assert 'href="/workers/shop/rollback/"' in maya.get("/workers/shop/versions/").content.decode()
