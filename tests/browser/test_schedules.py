"""The Schedules tab in a browser: a run that ends while its page is open; on a phone."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from dashboard.accounts.models import Role
from dashboard.events.due import start_due
from routing.models import Edge, InvocationDetail, WorkerEvent
from tests.dashboard.events.makers import delivering_edge, scheduled_worker
from tests.factories import make_user

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SHOTS = os.environ.get("SLUICE_SHOTS", "")
PHONE = {"width": 390, "height": 844}


def shoot(page: Any, name: str) -> None:
    """A picture to look at the page; none in a test run."""
    if SHOTS:
        page.screenshot(path=Path(SHOTS) / f"{name}.png", full_page=True)


def end(event: WorkerEvent, edge: Edge, outcome: str, text: str) -> None:
    failed = outcome != "ok"
    InvocationDetail.objects.create(
        edge=edge,
        detail_id=str(event.pk),
        worker="shop",
        version_id=str(event.version_id),
        outcome=outcome,
        started_on=event.scheduled_at,
        wall_ms=42,
        trigger="cron",
        trigger_name=event.name,
        scheduled_at=event.scheduled_at,
        logs=[{"level": "log", "message": [text]}],
        exceptions=[{"name": "Error", "message": text, "stack": ""}] if failed else [],
        failed=failed,
    )
    ended = {"taken_at": event.created_at, "ended_at": timezone.now(), "wall_ms": 42}
    WorkerEvent.objects.filter(pk=event.pk).update(outcome=outcome, **ended)


@pytest.fixture
def edge(transactional_db: None) -> Edge:
    """`shop` at 75% and 25% with two triggers, one of which ran five times."""
    make_user("maya", Role.OPERATOR)
    edge = delivering_edge(now=timezone.now() + timedelta(minutes=5))
    scheduled_worker("shop", "*/5 * * * *", "0 3 LW * *", split=(75, 25))
    minute = timezone.now().replace(second=0, microsecond=0, minute=30) - timedelta(hours=2)
    for number in range(5):
        at = minute + timedelta(minutes=5 * number)
        start_due(at, at, lambda: 0.1)
    for number, event in enumerate(WorkerEvent.objects.order_by("scheduled_at")):
        outcome = "exception" if number == 2 else "ok"
        end(event, edge, outcome, f"swept {number} carts")
    return edge


def test_a_run_ends_while_its_page_is_open(visitors: Any, edge: Edge) -> None:
    visitor = visitors()
    visitor.enter()
    page = visitor.open("/workers/shop/schedules/")
    shoot(page, "schedules")
    assert visitor.axe() == []
    page.get_by_label("Version to run */5 * * * * on").select_option(index=1)
    page.get_by_role("button", name="Run now").first.click()
    page.wait_for_url("**/schedules/runs/**")
    expect(page.get_by_text("Waiting", exact=True)).to_be_visible()
    end(WorkerEvent.objects.get(ended_at=None), edge, "ok", "swept by hand")
    expect(page.get_by_text("swept by hand")).to_be_visible()
    shoot(page, "schedule-run")
    assert visitor.axe() == []


def test_triggers_change_on_a_phone(visitors: Any, edge: Edge) -> None:
    visitor = visitors(viewport=PHONE, has_touch=True)
    visitor.enter()
    page = visitor.open("/workers/shop/schedules/")
    page.get_by_label("New trigger").fill("0 0 * * 0")
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_role("alert")).to_contain_text("day of week")
    assert visitor.axe() == [] and not visitor.spills()
    shoot(page, "schedules-phone")
    page.get_by_label("New trigger").fill("0 0 * * SUN")
    page.get_by_role("button", name="Add").click()
    expect(page.locator("[data-schedule='0 0 * * SUN']")).to_be_visible()
    page.get_by_role("button", name="Remove 0 0 * * SUN").click()
    page.get_by_role("dialog", name="Remove this trigger").get_by_role("button").click()
    expect(page.locator("[data-schedule]")).to_have_count(2)
