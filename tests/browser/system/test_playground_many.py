"""Many sends, comparing and the explorer in Chromium, on a whole system with own Workers."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visitor
from tests.running import System

pytestmark = [pytest.mark.browser, pytest.mark.real]

#: Says its version, the time, an id, tags in another order each time, and what it costs.
QUOTE = """
const shuffle = (list) => list.map((v) => [Math.random(), v]).sort().map(([, v]) => v);
export default {
  async fetch(request, env) {
    const { pathname } = new URL(request.url);
    if (pathname === "/fail" && FAILS) return new Response("broken", { status: 503 });
    return Response.json({
      version: env.VERSION, at: new Date().toISOString(), quote: crypto.randomUUID(),
      tags: shuffle([..."abcdefghijkl"]),
      lines: [{ sku: "TEA", net: 24.37, vat: 4.63, took: Math.random() },
              { sku: "MUG", net: 10.92, vat: VAT, took: Math.random() }],
    });
  }
};
"""


def quote(fails="false", vat="2.07"):
    return QUOTE.replace("FAILS", fails).replace("VAT", vat)


@pytest.fixture(scope="module", autouse=True)
def quoted(system: System) -> None:
    """`quote`: the candidate at 40% has another VAT and fails at /fail."""
    version = {"name": "VERSION", "type": "version_metadata"}
    stable = system.upload("quote", quote(), version)
    candidate = system.upload("quote", quote("true", "2.08"), version)
    made = system.deploy("quote", (candidate, 40), (stable, 60))
    system.wait_for(made["id"], "quote")


@pytest.fixture
def admin(visit) -> Visitor:
    return visit()


def counts(page):
    """Requests by version, candidate first."""
    rows = page.locator(".many-part table").first.locator("tbody tr")
    return [int(rows.nth(k).locator("td").first.inner_text()) for k in range(2)]


def run(visitor, count, at_once=16, query=""):
    """Sends from the page of its own and waits for the end; the verdict."""
    page = visitor.open(f"/playground/many/?worker=quote{query}")
    page.get_by_label("Times").select_option(str(count))
    page.get_by_label("At once").select_option(str(at_once))
    page.get_by_role("button", name="Send them").click()
    verdict = page.locator(".many-verdict .note-title")
    verdict.wait_for(timeout=60_000)
    return verdict.inner_text()


def test_the_split_of_many_sends_lies_within_its_interval(admin):
    page = admin.page
    run(admin, 500)
    candidate, stable = counts(page)
    # 200 expected, 11 the standard deviation: six of them never happen.
    assert candidate + stable == 500 and 134 < candidate < 266
    expect(page.locator(".many-grid use")).to_have_count(500)
    page.get_by_text("The edge’s log confirms 500 of 500").wait_for()
    assert admin.axe() == [] and not admin.spills()
    page.locator("[data-grid]").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    assert page.locator("[data-said-mark]").inner_text().startswith("Request 41: ")


def test_a_key_sticks_an_override_holds_and_failures_are_marked(admin, system):
    candidate = system.active("quote")["versions"][0]["version_id"]
    assert "the version key sticks" in run(admin, 50, query="&key=user-7")
    assert 0 in counts(admin.page)
    words = run(admin, 50, query=f"&path=/fail&version={candidate}")
    assert words.startswith("All 50 ran candidate") and "override applied" in words
    expect(admin.page.locator('.many-grid use[href="#m-failed"]')).to_have_count(50)


def test_the_button_on_the_playground_fills_the_panel_and_stop_stops(admin):
    page = admin.open("/playground/?worker=quote")
    page.get_by_role("button", name="×100").click()
    page.locator("#answer .many-verdict").wait_for(timeout=60_000)
    assert sum(counts(page)) == 100 and page.url.endswith("/playground/?worker=quote")
    assert admin.axe() == []
    page.locator("#answer").get_by_label("Times").select_option("1000")
    page.locator("#answer").get_by_label("At once").select_option("1")
    page.get_by_role("button", name="Send again").click()
    page.locator("#run[data-state=running]").wait_for()
    page.locator("#stop-run").click()
    page.locator("#run[data-state=stopped]").wait_for(timeout=30_000)
    assert 0 < sum(counts(page)) < 1000


def test_compare_finds_the_planted_regression_and_ignores_planted_noise(admin):
    page = admin.open("/playground/?worker=quote")
    page.get_by_role("button", name="Compare").click()
    page.locator(".compare-verdict").wait_for()
    page.wait_for_load_state()  # the verdict is there before the scripts are
    expect(page.locator(".compare-verdict .note-title")).to_have_text(
        "1 real difference.", use_inner_text=True
    )
    expect(page.locator("#differences").locator("xpath=../..").locator("li")).to_have_count(1)
    page.get_by_text("2.07 became 2.08").wait_for()
    masks = page.locator("#masks").locator("xpath=../..").locator("li code").all_inner_texts()
    assert {"$.at", "$.quote", "$.version.id", "$.lines[0].took", "$.lines[1].took"} <= set(masks)
    assert not any("vat" in mask for mask in masks)
    page.locator("body").press("n")
    expect(page.locator("tr[data-difference]:focus")).to_contain_text("2.08", use_inner_text=True)
    page.get_by_label("$.quote").uncheck()
    page.locator(".note-title", has_text="2 real differences.").wait_for()
    assert "chosen=1" in page.url and admin.axe() == [] and not admin.spills()


def test_the_explorer_predicts_what_the_edge_does(admin):
    page = admin.open("/playground/keys/?worker=quote&generate=60")
    page.get_by_role("button", name="Check the first 50 on the edge").click()
    page.get_by_text("The edge agrees on all 50 keys").wait_for()
    assert admin.axe() == [] and not admin.spills()


@pytest.mark.parametrize("options", [
    {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark"},
    {"java_script_enabled": False},
])  # fmt: skip
def test_phones_in_the_dark_and_browsers_without_scripts_do_all_of_it(visit, options):
    visitor = visit(**options)
    page = visitor.open("/playground/many/?worker=quote&count=50")
    page.get_by_role("button", name="Send them").click()
    page.locator("#run").wait_for()
    while page.locator("#run[data-state=running]").count():
        page.wait_for_timeout(500)
        if "java_script_enabled" in options and page.get_by_role("link", name="Look again").count():
            page.get_by_role("link", name="Look again").click()
    assert sum(counts(page)) == 50
    for path in (
        page.url,
        "/playground/compare/?worker=quote",
        "/playground/keys/?worker=quote&generate=20",
    ):
        page.goto(path if path.startswith("http") else visitor.address + path)
        if "compare" in path:
            page.get_by_role("button", name="Compare").click()
            page.locator(".compare-verdict").wait_for()
        if "java_script_enabled" not in options:
            assert visitor.axe() == [] and not visitor.spills()
