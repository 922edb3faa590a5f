"""Nothing moves, while a page loads or when it is updated live; and pages are light.

The browser's own measures, on a whole running system.
"""

import time

import pytest

from dashboard.ui.assets import bundles
from tests.browser.conftest import Visitor
from tests.browser.system.conftest import two_versions

pytestmark = [pytest.mark.browser, pytest.mark.real]

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
#: On a phone, its name and address leave a part of a row: enough for some states, too little for
#: others.
NAME = "catalog"
SIZES = {"desktop": {"width": 1440, "height": 1000}, "phone": {"width": 390, "height": 844}}


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
    ids = two_versions(system, NAME)
    one, two = ids[1], ids[2]
    pages = {
        (path, size): watched(browser, system, path, size)
        for path in (f"/workers/{NAME}/", "/workers/", f"/workers/{NAME}/versions/")
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
        system.deploy(NAME, *shares)
        for _ in range(30):
            system.get(NAME)
        time.sleep(1.2)
    desk = pages[f"/workers/{NAME}/", "desktop"]
    desk.locator('#live .split-large[aria-label="Candidate #2 50%, stable #1 50%"]').wait_for()
    desk.locator("#history", has_text="0% to 50%").wait_for()
    pages["/workers/", "phone"].locator(f"#w-{NAME}", has_text="Candidate 50%").wait_for()
    moved = {where: page.evaluate("window.shifts") for where, page in pages.items()}
    for page in pages.values():
        page.context.close()
    assert {where: shifts for where, shifts in moved.items() if shifts} == {}


LOADING = """
    window.moved = 0;
    new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) {
            if (!entry.hadRecentInput) window.moved += entry.value;
        }
    }).observe({ type: "layout-shift", buffered: true });
"""


@pytest.mark.parametrize("size", SIZES)
def test_a_page_comes_light_and_stays_where_it_is(browser, system, size):
    """With an empty cache, as `make bench-web` measures more pages on slower connections."""
    assert bundles.are_current(), "The bundles are older than their sources: run `make check`."
    for _ in range(20):
        system.get("hello")
    address, found = f"http://127.0.0.1:{system.http_port}", {}
    visitor = Visitor(browser.new_context(), address)
    visitor.sign_in("admin", "correct horse battery")
    cookies = visitor.context.cookies()
    for path in ("/workers/", "/workers/hello/", "/invocations/", "/playground/?worker=hello"):
        context = browser.new_context(viewport=SIZES[size])
        context.add_cookies(cookies)
        context.add_init_script(LOADING)
        fresh, wire = Visitor(context, address), {}
        channel = context.new_cdp_session(fresh.page)
        channel.send("Network.enable")
        channel.on("Network.loadingFinished", lambda e, wire=wire: wire.update({e["requestId"]: e}))
        page = fresh.open(path)
        page.wait_for_timeout(1200)
        size_of_all = sum(e["encodedDataLength"] for e in wire.values())
        found[path] = (page.evaluate("window.moved"), size_of_all, len(wire))
        context.close()
    visitor.context.close()
    heavy = {p: f for p, f in found.items() if f[0] > 0.02 or not 0 < f[1] <= 120_000 or f[2] > 12}
    assert heavy == {}
