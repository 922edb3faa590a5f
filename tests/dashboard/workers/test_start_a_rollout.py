"""A Worker's page offers a rollout first; while one runs, its page is the only way."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone

from dashboard.rollouts.actions.start import start
from dashboard.rollouts.decisions.plan import Plan, parse_steps
from dashboard.rollouts.models import Rollout
from routing.models import Worker
from tests.factories import make_deployment, make_worker
from tests.markup import squeezed

FIRST = '<a class="button button-primary" data-redraw href="/workers/shop/rollouts/?version={}"'


@pytest.fixture
def shop(db: None) -> Worker:
    """#1 live, #2 uploaded."""
    worker = make_worker("shop", versions=2)
    make_deployment(worker, (worker.versions.get(number=1), 100))
    return worker


def actions(client: Client) -> str:
    html = client.get("/workers/shop/").content.decode()
    return html.partition('id="live-actions"')[2].partition('id="live-command"')[0]


@pytest.mark.parametrize("percentage", [None, 0, 25])
def test_a_rollout_of_the_candidate_or_the_newest_comes_first(
    maya: Client, shop: Worker, percentage: int | None
) -> None:
    one, two = shop.versions.order_by("number")
    if percentage is not None:
        make_deployment(shop, (two, percentage), (one, 100 - percentage))
    html = actions(maya)
    assert FIRST.format(two.id) in squeezed(html)
    assert html.index("Start a rollout") < html.index(
        "Stage #2" if percentage is None else "Step up"
    )
    assert html.count("button-primary") == 1


def test_the_form_begins_with_that_version(maya: Client, shop: Worker) -> None:
    two = shop.versions.get(number=2)
    html = maya.get(f"/workers/shop/rollouts/?version={two.id}").content.decode()
    assert f'value="{two.id}" selected' in html


def test_viewers_see_it_locked_and_a_running_rollout_replaces_it(
    maya: Client, vera: Client, shop: Worker
) -> None:
    assert "/rollouts/?version=" not in actions(vera)
    start(
        worker=shop,
        version_id=str(shop.versions.get(number=2).id),
        plan=Plan(parse_steps("20:10s,100")),
        owner=None,
        source="shell",
        now=timezone.now(),
    )
    html = actions(maya)
    assert "Start a rollout" not in html
    assert f"/workers/shop/rollouts/{Rollout.objects.get().pk}/" in html
