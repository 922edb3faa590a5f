"""A version that stays at 0% too long: its owner is told, and only a person removes it."""

from __future__ import annotations

from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from dashboard.rollouts.forgotten_versions.queries import forgotten_versions
from routing.models import Deployment
from tests.dashboard.rollouts.conftest import Scene
from tests.dashboard.rollouts.playbook import plan_of
from tests.factories import make_deployment, make_version, make_worker

WEEK = timedelta(days=7)


@pytest.fixture
def client(scene: Scene) -> Client:
    client = Client()
    client.force_login(scene.maya)
    return client


@pytest.fixture
def staged(scene: Scene) -> Deployment:
    """Eight days ago, at 0%, by maya."""
    shares = ((scene.candidate, 0), (scene.stable, 100))
    ago = timezone.now() - timedelta(days=8)
    return make_deployment(scene.worker, *shares, author=scene.maya, now=ago)


def remove(client: Client, expected: Any) -> int:
    address = reverse("rollouts:remove-forgotten", args=["checkout"])
    return client.post(address, {"expected": str(expected)}).status_code


def test_a_version_at_0_percent_is_forgotten_after_the_accounts_days(
    scene: Scene, staged: Deployment, settings: Any
) -> None:
    one = forgotten_versions(staged.created_on + WEEK + timedelta(seconds=1))
    assert [(f.version, f.stable, f.owner) for f in one] == [
        (scene.candidate, scene.stable, scene.maya)
    ]
    assert forgotten_versions(staged.created_on + WEEK) == []
    settings.EXPIRE_STAGED_DAYS = 30
    assert forgotten_versions(staged.created_on + WEEK * 2) == []


def test_the_plan_of_a_rollout_says_how_long_its_candidate_may_wait(scene: Scene) -> None:
    rollout = scene.start(plan_of(expiry=timedelta(hours=2)))
    for seconds, found in ((7200, []), (7201, [rollout])):
        now = scene.now + timedelta(seconds=seconds)
        assert [f.rollout for f in forgotten_versions(now)] == found


def test_a_rollout_with_traffic_is_not_forgotten(scene: Scene) -> None:
    scene.start(plan_of(expiry=timedelta(hours=2)))
    for _ in range(3):
        scene.look()
    assert scene.live() == {1: 80_000, 2: 20_000}
    assert forgotten_versions(scene.now + timedelta(days=30)) == []


@pytest.mark.parametrize("page", ["/rollouts/", "/workers/checkout/"])
def test_the_owner_reads_it_and_is_offered_its_removal(
    client: Client, vera: Client, staged: Deployment, page: str
) -> None:
    html = unescape(client.get(page).content.decode())
    assert "is forgotten at 0%" in html
    assert "You\n    staged it" in html
    assert f'value="{staged.pk}"' in html
    theirs = unescape(vera.get(page).content.decode())
    assert "is forgotten at 0%" in theirs
    assert "maya\n    staged it" in theirs
    assert "forgotten/remove/" not in theirs


def test_it_is_removed_by_a_person_and_by_nothing_else(
    client: Client, vera: Client, scene: Scene, staged: Deployment
) -> None:
    assert remove(vera, staged.pk) == 403
    assert remove(client, "0" * 36) == 302
    assert scene.live() == {1: 100_000, 2: 0}
    assert remove(client, staged.pk) == 302
    assert scene.live() == {1: 100_000}
    assert remove(client, staged.pk) == 302
    assert scene.worker.deployments.count() == 3


def test_a_stale_page_removes_nothing(client: Client, scene: Scene, staged: Deployment) -> None:
    make_deployment(scene.worker, (scene.candidate, 10), (scene.stable, 90))
    remove(client, staged.pk)
    assert scene.live() == {1: 90_000, 2: 10_000}


def test_queries_do_not_grow_with_what_is_forgotten(scene: Scene, staged: Deployment) -> None:
    counts = []
    for name in ("a", "b", "c"):
        worker = make_worker(name)
        newer = make_version(name)
        oldest = worker.versions.get(number=1)
        make_deployment(worker, (newer, 0), (oldest, 100), now=staged.created_on)
        with CaptureQueriesContext(connection) as queries:
            forgotten_versions(timezone.now())
        counts.append(len(queries))
    assert max(counts) <= 6, counts
