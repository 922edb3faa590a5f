"""The charts in a real browser: they renew themselves, and never under somebody's hands."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from dashboard.observability.queries.traffic import first_minute
from tests.dashboard.observability.batches import MINUTE, count, request
from tests.factories import (
    make_deployment,
    make_edge,
    make_invocation,
    make_user,
    make_worker,
)

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
]

PHONE = {"width": 390, "height": 844}
PATH = "/workers/shop/observability/"


class Traffic:
    """A Worker at 25% / 75%, whose edge counts what it is told."""

    def __init__(self) -> None:
        now = timezone.now()
        worker = make_worker("shop", versions=2)
        one, two = worker.versions.order_by("number")
        make_deployment(worker, (one, 100), now=now - timedelta(hours=2))
        self.live = make_deployment(worker, (two, 25), (one, 75), now=now - timedelta(minutes=30))
        self.one, self.two = str(one.id), str(two.id)
        self.edge, self.counted = make_edge("e1"), 0

    def send(self, requests: int, ago: int = 120) -> None:
        now = timezone.now()
        at = first_minute(now - timedelta(seconds=ago)) - MINUTE
        fields = {"deployment": str(self.live.id)}
        lines = [
            request(at, self.two if n % 4 == 0 else self.one, us=5000 + 10 * n, **fields)
            for n in range(requests)
        ]
        count(self.edge, *lines, begins=self.counted, now=now)
        self.counted += requests


@pytest.fixture
def traffic() -> Traffic:
    make_user("maya")
    found = Traffic()
    for minutes in (20, 19, 18, 5, 4, 3, 2):
        found.send(400, 60 * minutes)
    return found


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [{"width": 1280, "height": 900}, PHONE])
def test_nothing_to_complain_about(
    visitors: Any, traffic: Traffic, scheme: str, viewport: Any
) -> None:
    visitor = visitors(color_scheme=scheme, viewport=viewport)
    visitor.enter()
    for path in (PATH, "/observability/"):
        visitor.open(path)
        assert visitor.axe() == []
        assert not visitor.spills()


def test_new_requests_show_by_themselves_and_an_open_table_stays_open(
    visitors: Any, traffic: Traffic
) -> None:
    visitor = visitors()
    visitor.enter()
    page = visitor.open(PATH)
    page.get_by_text("2,800 in all").wait_for()
    page.get_by_text("Show as table").first.click()
    page.locator("h1").click()  # what holds focus is not renewed
    traffic.send(100)
    page.get_by_text("2,900 in all").wait_for()
    expect(page.locator("#table-requests[open]")).to_have_count(1)


def test_what_holds_focus_is_left_alone(visitors: Any, traffic: Traffic) -> None:
    visitor = visitors()
    visitor.enter()
    page = visitor.open(PATH)
    page.get_by_role("link", name="6 h").focus()
    traffic.send(100)
    page.wait_for_timeout(6_000)
    expect(page.get_by_text("2,800 in all")).to_have_count(1)
    assert page.evaluate("document.activeElement.textContent") == "6 h"


def test_without_scripts_ranges_versions_and_tables_work(visitors: Any, traffic: Traffic) -> None:
    visitor = visitors(java_script_enabled=False)
    visitor.enter()
    page = visitor.open(PATH)
    page.get_by_role("link", name="24 h").click()
    page.get_by_role("link", name="Candidate").click()
    assert "range=24h" in page.url and traffic.one in page.url
    page.get_by_text("Show as table").first.click()
    expect(page.get_by_role("cell", name="2,100").first).to_be_attached()


def test_pointer_and_arrow_keys_read_the_values_of_a_bucket(
    visitors: Any, traffic: Traffic
) -> None:
    visitor = visitors()
    visitor.enter()
    page = visitor.open(PATH)
    plot, readout = page.locator("[data-plot]").first, page.locator("[data-readout]").first
    page.locator("[data-column*='Candidate 100, Stable 300']").first.hover()
    expect(readout).to_contain_text("Candidate 100, Stable 300", use_inner_text=True)
    page.mouse.move(0, 0)
    expect(readout).to_be_hidden()
    plot.focus()
    expect(readout).to_contain_text(
        "no requests", use_inner_text=True
    )  # the minute that has just begun
    page.keyboard.press("Home")
    first = plot.get_attribute("aria-valuetext")
    page.keyboard.press("ArrowRight")
    assert plot.get_attribute("aria-valuenow") == "2"
    assert first != plot.get_attribute("aria-valuetext") == readout.inner_text()
    page.keyboard.press("Escape")
    expect(readout).to_be_hidden()


SHIFTS = """window.shifted = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifted += entry.value;
}).observe({type: "layout-shift", buffered: true});"""


@pytest.mark.parametrize("viewport", [{"width": 1440, "height": 900}, PHONE])
def test_nothing_moves_while_pages_load(visitors: Any, traffic: Traffic, viewport: Any) -> None:
    for n in range(60):
        make_invocation(traffic.edge, traffic.live, status=500 if n % 9 == 0 else 200)
    visitor = visitors(viewport=viewport)
    visitor.context.add_init_script(SHIFTS)
    visitor.enter()
    for path in ("/invocations/", "/workers/shop/invocations/", PATH, "/observability/"):
        page = visitor.open(path)
        page.wait_for_timeout(200)
        assert page.evaluate("window.shifted") <= 0.02, path
