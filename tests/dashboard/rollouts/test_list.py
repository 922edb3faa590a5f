"""The list of all rollouts: what needs a person first, filters in the address, pages; retention."""

from __future__ import annotations

from datetime import datetime, timedelta
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from dashboard.accounts.models import Role
from dashboard.rollouts.decisions.states import ENDED, State
from dashboard.rollouts.list.query import RolloutFilter, rollouts_for
from dashboard.rollouts.models import Rollout, RolloutEvent
from dashboard.rollouts.retention.prune import prune
from tests.dashboard.rollouts.conftest import Scene
from tests.dashboard.rollouts.playbook import plan_of
from tests.factories import make_draft, make_user, make_version, make_worker


@pytest.fixture
def client(scene: Scene) -> Client:
    client = Client()
    client.force_login(scene.maya)
    return client


def make_rollout(scene: Scene, name: str, state: State, at: datetime) -> Rollout:
    """A row alone: nothing is deployed."""
    worker = make_worker(name)
    return Rollout.objects.create(
        worker=worker,
        candidate=make_version(name, make_draft(tag=f"{name}-tag")),
        stable=worker.versions.first(),
        owner=scene.maya,
        source="dashboard",
        plan=plan_of().as_json(),
        state=state.value,
        since=at,
        started_at=at,
        ended_at=at if state in ENDED else None,
    )


@pytest.fixture
def several(scene: Scene) -> dict[str, Rollout]:
    """The one that needs a person most is the oldest."""
    states = {
        "attention": State.NEEDS_ATTENTION,
        "held": State.HELD,
        "review": State.REVIEW,
        "ramping": State.RAMPING,
        "done": State.DONE,
        "back": State.ROLLED_BACK,
    }
    return {
        name: make_rollout(scene, name, state, scene.now - timedelta(hours=9 - hour))
        for hour, (name, state) in enumerate(states.items())
    }


def names(client: Client, query: str) -> list[str]:
    html = client.get(f"/rollouts/{query}").content.decode()
    rows = html.split("<tbody>")[1].split("</tbody>")[0] if "<tbody>" in html else ""
    return [part.split("/")[0] for part in rows.split('href="/workers/')[1:]]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["attention", "held", "review", "ramping"]),
        ("?show=attention", ["attention", "held", "review"]),
        ("?show=ended", ["back", "done"]),
        ("?show=ended&state=done", ["done"]),
        ("?show=all", ["attention", "held", "review", "ramping", "back", "done"]),
        ("?show=all&q=ramp", ["ramping"]),
        ("?show=all&q=held-tag", ["held"]),
        ("?show=nonsense&state=nonsense&page=nonsense", ["attention", "held", "review", "ramping"]),
        ("?show=all&q=nothing", []),
    ],
)
def test_filters_are_in_the_address(
    client: Client, several: dict[str, Rollout], query: str, found: list[str]
) -> None:
    assert names(client, query) == found


def test_a_version_is_found_by_its_number(scene: Scene, several: dict[str, Rollout]) -> None:
    numbered = rollouts_for(RolloutFilter("all", q="#2"), scene.maya)
    assert numbered.count() == len(several)
    assert not rollouts_for(RolloutFilter("all", q="#7"), scene.maya).exists()


def test_mine_are_those_that_i_started(scene: Scene, several: dict[str, Rollout]) -> None:
    lena = make_user("lena", Role.OPERATOR)
    Rollout.objects.filter(pk=several["held"].pk).update(owner=lena)
    found = rollouts_for(RolloutFilter("all", mine="1"), lena)
    assert [rollout.worker.name for rollout in found] == ["held"]


def test_what_needs_a_person_is_on_the_first_page_and_pages_keep_the_filter(
    client: Client, scene: Scene, several: dict[str, Rollout], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dashboard.ui.paging.page_of.__defaults__", (None, 2))
    assert names(client, "?show=all") == ["attention", "held"]
    assert names(client, "?show=all&page=2") == ["review", "ramping"]
    html = unescape(client.get("/rollouts/?show=all&q=a&page=1").content.decode())
    assert "?show=all&q=a&page=2" in html


def test_queries_do_not_grow_with_the_rollouts(
    client: Client, scene: Scene, several: dict[str, Rollout]
) -> None:
    with CaptureQueriesContext(connection) as few:
        client.get("/rollouts/?show=all")
    for name in ("x", "y", "z"):
        make_rollout(scene, name, State.DONE, scene.now)
    with CaptureQueriesContext(connection) as more:
        client.get("/rollouts/?show=all")
    assert len(more) == len(few)


def test_lines_of_old_rollouts_go(scene: Scene, several: dict[str, Rollout], settings: Any) -> None:
    settings.KEEP_ROLLOUTS = 30
    now = timezone.now()
    for rollout in several.values():
        RolloutEvent.objects.create(rollout=rollout, at=now, state="x", step=-1, code="started")
    Rollout.objects.filter(pk=several["done"].pk).update(ended_at=now - timedelta(days=31))
    Rollout.objects.filter(pk=several["held"].pk).update(started_at=now - timedelta(days=31))
    assert prune(now) == 1
    assert prune(now) == 0
    assert not several["done"].events.exists()
    assert RolloutEvent.objects.count() == len(several) - 1
    assert Rollout.objects.count() == len(several)
