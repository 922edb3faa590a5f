"""Live updates move nothing: the browser's own measure, on a whole running system."""

import time

import pytest

from tests.browser.conftest import Visitor
from tests.running import System

pytestmark = [pytest.mark.browser, pytest.mark.real, pytest.mark.timeout(240)]

WATCH = """() => {
    window.shifts = [];
    new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) {
            if (entry.hadRecentInput) continue;
            const told = ({ node, previousRect: a, currentRect: b }) =>
                `${(node?.outerHTML ?? node?.textContent ?? "gone").trim().slice(0, 60)} from `
                + `${a.x},${a.y} to ${b.x},${b.y}`;
            window.shifts.push([entry.value, entry.sources.map(told)]);
        }
    }).observe({ type: "layout-shift" });
}"""
SIZES = {"desktop": {"width": 1440, "height": 1000}, "phone": {"width": 390, "height": 844}}


@pytest.fixture(autouse=True)
def served():
    """This server is a process of its own: nothing to prepare here."""


@pytest.fixture(scope="module")
def system(tmp_path_factory):
    running = System(tmp_path_factory.mktemp("shift") / "data")
    running.start()
    yield running
    running.stop()


def watched(browser, system, path, size):
    """A page that has settled, and counts from now on what moves."""
    visitor = Visitor(
        browser.new_context(viewport=SIZES[size]), f"http://127.0.0.1:{system.http_port}"
    )
    visitor.enter_with(system.session("admin"))
    page = visitor.open(path)
    page.locator("[data-connection]", has_text="Connected").wait_for(state="attached")
    page.evaluate("document.fonts.ready.then(() => true)")
    page.wait_for_timeout(1000)
    page.evaluate(WATCH)
    return page


def test_nothing_moves_while_others_deploy_and_requests_come(browser, system):
    found = system.api("GET", "/workers/scripts/hello/versions").json()["result"]["items"]
    two, one = (v["id"] for v in sorted(found, key=lambda v: -v["number"])[:2])
    pages = {
        (path, size): watched(browser, system, path, size)
        for path in ("/workers/hello/", "/workers/", "/workers/hello/versions/")
        for size in SIZES
    }
    for shares in (
        [(two, 1), (one, 99)],
        [(two, 33.333), (one, 66.667)],
        [(two, 100)],
        [(one, 100)],
        [(two, 0), (one, 100)],
        [(two, 50), (one, 50)],
    ):
        system.deploy("hello", *shares)
        for _ in range(30):
            system.get("hello")
        time.sleep(1.2)
    desk = pages["/workers/hello/", "desktop"]
    desk.locator(
        '#live .split-large[aria-label="Candidate #2 v2 50%, stable #1 v1 50%"]'
    ).wait_for()
    desk.locator("#history", has_text="0% to 50%").wait_for()
    pages["/workers/", "phone"].locator("#w-hello", has_text="Ramping 50%").wait_for()
    moved = {where: page.evaluate("window.shifts") for where, page in pages.items()}
    for page in pages.values():
        page.context.close()
    assert {where: shifts for where, shifts in moved.items() if shifts} == {}
