"""The form of a plan in a browser: what it says while one types, and that no script is needed."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from dashboard.accounts.models import Role
from dashboard.rollouts.models import Rollout
from tests.factories import (
    make_deployment,
    make_traffic,
    make_user,
    make_version,
    make_worker,
)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def shown(transactional_db: None) -> str:
    """The start page of a Worker with traffic."""
    make_user("maya", Role.OPERATOR)
    worker = make_worker("checkout")
    stable = worker.versions.get()
    make_deployment(worker, (stable, 100))
    make_version("checkout")
    make_traffic("checkout", 900_000, 1_800, stable.id)
    return "/workers/checkout/rollouts/"


def test_the_form_says_what_a_plan_can_notice_while_one_types(visitors: Any, shown: str) -> None:
    """What was typed stays where it is, also on a phone."""
    visitor = visitors(viewport={"width": 320, "height": 700})
    visitor.enter("maya")
    page = visitor.open(shown)
    page.locator("#percentage-2").fill("x")
    page.locator("#plan-basis .field-error").wait_for()
    expect(page.locator("#plan-basis")).to_contain_text(
        "Step 2: Write a percentage", use_inner_text=True
    )
    page.locator("#percentage-2").fill("8")
    page.locator("#advice-2", has_text="5× rise takes about").wait_for()
    page.locator("#advice-2 button").click()
    page.locator("#bake-2:not([value='10m'])").wait_for()
    page.get_by_role("button", name="Add a step").click()
    page.locator("#percentage-5").wait_for()
    expect(page.locator("#percentage-2")).to_have_value("8")
    assert not visitor.spills()
    assert visitor.axe() == []


def test_without_scripts_the_form_adds_a_step_and_starts(visitors: Any, shown: str) -> None:
    visitor = visitors(java_script_enabled=False)
    visitor.enter("maya")
    page = visitor.open(shown)
    page.locator("#expiry").fill("11d")
    page.get_by_role("button", name="Add a step").click()
    page.locator("#percentage-5").wait_for()
    expect(page.locator("#expiry")).to_have_value("11d")
    page.get_by_role("button", name="Start: stage at 0%").click()
    page.wait_for_url("**/rollouts/*-*/")
    rollout = Rollout.objects.get()
    assert (len(rollout.terms.steps), rollout.plan["expiry"]) == (6, "11d")
