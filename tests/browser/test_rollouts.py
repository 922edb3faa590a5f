"""Pages of rollouts in a browser: nothing for axe-core to find, nothing that spills, one click."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from dashboard.accounts.models import Role, User
from dashboard.rollouts.models import Rollout
from dashboard.smoketests.models import CheckResult, SmokeRun
from dashboard.smoketests.suites.edits import import_suite
from tests.dashboard.rollouts.conftest import Scene
from tests.dashboard.rollouts.playbook import plan_of
from tests.factories import (
    make_deployment,
    make_traffic,
    make_user,
    make_version,
    make_worker,
)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def ended(transactional_db: None) -> Rollout:
    """A rollout that is done, with a suite and traffic, and one that runs on another Worker."""
    maya = make_user("maya", Role.OPERATOR)
    running = _scene("pricing", maya)
    running.start(plan_of("20:10s,100"))
    for _ in range(3):
        running.look()
    ramps = running.rollout().deployment_id
    make_traffic("pricing", 600, 9, running.candidate.id, deployment_id=ramps)
    make_traffic("pricing", 2400, 11, running.stable.id, deployment_id=ramps)
    scene = _scene("checkout", maya)
    text = "name: smoke\nchecks: [{name: home}]"
    import_suite(worker=scene.worker, text=text, author=maya, source="shell", now=scene.now)
    scene.start(plan_of("20:10m,100"), suite="smoke")
    scene.look()
    scene.look()
    SmokeRun.objects.update(state=SmokeRun.State.PASSED, edges=["local-1"])
    run = SmokeRun.objects.get()
    CheckResult.objects.create(run=run, position=0, name="home", edge="local-1", verdict="passed")
    scene.look()
    scene.look()
    live = scene.rollout().deployment_id
    make_traffic("checkout", 1200, 3, scene.candidate.id, deployment_id=live)
    make_traffic("checkout", 4800, 11, scene.stable.id, deployment_id=live)
    scene.look(600)
    scene.look(5)
    return scene.rollout()


def _scene(name: str, maya: User) -> Scene:
    worker = make_worker(name)
    stable = worker.versions.get()
    make_deployment(worker, (stable, 100))
    return Scene(worker, stable, make_version(name), maya, now=timezone.now())


@pytest.mark.parametrize(
    ("theme", "size"),
    [("light", {"width": 1440, "height": 1000}), ("dark", {"width": 390, "height": 844})],
    ids=["light-desktop", "dark-phone"],
)
def test_axe_finds_nothing(visitors: Any, ended: Rollout, theme: str, size: Any) -> None:
    visitor = visitors(color_scheme=theme, viewport=size)
    visitor.enter("maya")
    runs = Rollout.objects.active().get()
    own = f"/workers/checkout/rollouts/{ended.pk}/"
    found = {}
    for path in (
        "/rollouts/?show=all",
        "/workers/checkout/rollouts/",
        f"/workers/pricing/rollouts/{runs.pk}/",
        own,
        f"{own}record/",
        "/workers/checkout/hooks/",
        f"/workers/checkout/backtest/?over={ended.pk}",
        "/api/",
    ):
        visitor.open(path)
        found[path] = [*visitor.axe(), *(["spills"] if visitor.spills() else [])]
    assert {path: problems for path, problems in found.items() if problems} == {}


def test_undo_is_confirmed_and_its_command_can_be_read(visitors: Any, ended: Rollout) -> None:
    visitor = visitors(viewport={"width": 1440, "height": 1000})
    visitor.enter("maya")
    page = visitor.open(f"/workers/checkout/rollouts/{ended.pk}/")
    page.get_by_role("button", name="As command").last.click()
    expect(page.locator("#rollout-commands")).to_contain_text(
        "manage.py rollout undo", use_inner_text=True
    )
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Undo, back to #1").first.click()
    page.locator("#ask-undo input[name=reason]").fill("prices are wrong")
    page.locator("#ask-undo button").click()
    page.get_by_role("heading", name="Rolling back").wait_for()
    assert Rollout.objects.get(pk=ended.pk).state == "rolling_back"
