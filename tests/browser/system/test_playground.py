"""The playground in Chromium on a whole running system: real edge, real versions, real log."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visitor
from tests.browser.system.conftest import ids, stage
from tests.eventually import eventually
from tests.running import OVERRIDES, System

pytestmark = [pytest.mark.browser, pytest.mark.real]


@pytest.fixture(autouse=True)
def staged(system: System) -> None:
    """Version 2 at 0%, and ready, whatever other files did to the demo."""
    for worker in ("hello", "checkout", "pricing"):
        found = stage(system, worker)
        override = {OVERRIDES: f'{worker}="{found[2]}"'}
        eventually(lambda w=worker, o=override: system.get(w, **o).status_code == 200, 30)


@pytest.fixture
def admin(visit) -> Visitor:
    return visit()


def write(page, raw):
    """Types a raw header and waits for the verdict about it."""
    if not page.locator('[name="mode"][value="raw"]').is_checked():
        with page.expect_response("**/playground/verdict/"):
            page.get_by_text("Raw header", exact=True).click()
    with page.expect_response("**/playground/verdict/"):
        page.locator("#raw").fill(raw)
    page.wait_for_timeout(50)


def outcome(page, wanted):
    page.locator(f'#verdict [data-outcome="{wanted}"]').first.wait_for()


def fix(page, label):
    with page.expect_response("**/playground/verdict/"):
        page.get_by_role("button", name=label, exact=True).click()


def test_an_override_reaches_a_version_at_0_percent(admin, system):
    page = admin.open("/playground/?worker=hello")
    with page.expect_response("**/playground/verdict/"):
        page.locator('[data-pick="hello"]').select_option(ids(system, "hello")[2])
    outcome(page, "applied")
    page.keyboard.press("Control+Enter")
    page.locator(
        ".banner-staged", has_text=f"Ran candidate {ids(system, 'hello')[2][:8]}"
    ).wait_for()
    expect(page.locator(".banner", has_text="(0%)").first).to_be_attached()
    expect(page.locator(".agree").first).to_be_attached()
    page.get_by_text("agrees with the edge’s stamp").wait_for()
    assert admin.axe() == []


def test_two_hops_run_the_versions_that_their_overrides_name(admin, system):
    page = admin.open("/playground/?worker=checkout&path=/")
    for worker in ("checkout", "pricing"):
        with page.expect_response("**/playground/verdict/"):
            page.locator(f'[data-pick="{worker}"]').select_option(ids(system, worker)[2])
    page.locator("#verdict [data-outcome=applied]").nth(1).wait_for()
    page.get_by_role("button", name="Send", exact=False).first.click()
    hops = page.locator(".hop")
    hops.nth(1).wait_for()
    for place, worker in enumerate(("checkout", "pricing")):
        words = hops.nth(place).inner_text()
        assert worker in words and ids(system, worker)[2][:8] in words
        assert "override" in words and "applied" in words
    expect(hops.nth(1)).to_contain_text("called by checkout", use_inner_text=True)


def test_each_verdict_has_its_fix(admin, system):
    hello, pricing = ids(system, "hello"), ids(system, "pricing")
    page = admin.open("/playground/?worker=hello")
    raw = page.locator("#raw")
    digit = "7" + hello[2][1:]
    write(page, f"hello={digit}")
    outcome(page, "invalid_header")  # also where eight digits follow: then the dash is too much
    fix(page, "Put the id in quotes")
    outcome(page, "unknown_version" if digit != hello[2] else "applied")
    write(page, "hello=abc")
    outcome(page, "not_a_string")
    expect(page.locator(".header-line mark")).to_have_text("abc", use_inner_text=True)
    fix(page, "Put the id in quotes")
    expect(raw).to_have_value('hello="abc"')
    write(page, f'hallo="{hello[2]}"')
    outcome(page, "not_addressed")
    expect(page.locator(".header-line mark")).to_have_text("hallo", use_inner_text=True)
    fix(page, "Use hello")
    outcome(page, "applied")
    write(page, f'hello="{hello[2][:8]}"')
    outcome(page, "unknown_version")
    fix(page, "Use the full id")
    outcome(page, "applied")
    write(page, f'hello="{pricing[2]}"')
    fix(page, "Address pricing instead")
    assert raw.input_value() == f'pricing="{pricing[2]}"'
    write(page, 'Hello:"x"')
    expect(page.locator(".caret")).to_contain_text("character 1", use_inner_text=True)
    fix(page, "Correct the header")
    expect(raw).to_have_value('hello="x"')
    write(page, "")
    outcome(page, "absent")
    fix(page, f"Use candidate {hello[2][:8]}, 0%")
    outcome(page, "applied")
    assert admin.axe() == []


def test_a_version_outside_the_deployment_is_staged_by_one_click(admin, system):
    pricing = ids(system, "pricing")
    system.deploy("pricing", (pricing[1], 100))
    path = f"/playground/?worker=pricing&version={pricing[2]}"
    page = admin.open(path)
    for _ in range(50):  # until the edge has it, the older deployment decides
        if page.locator('[data-outcome="not_in_deployment"]').count():
            break
        page.wait_for_timeout(100)
        page = admin.open(path)
    page.get_by_label("Path and query").fill("/?sku=mug")
    page.get_by_role("button", name="Add at 0%").click()
    page.wait_for_url("**/workers/pricing/split/**")
    assert pricing[2] in page.url and "percentage=0" in page.url
    page.locator("[data-send]").click()
    page.wait_for_url("**/playground/?worker=pricing&draft=1")
    assert page.get_by_label("Path and query").input_value() == "/?sku=mug"
    outcome(page, "applied")
    page.get_by_role("button", name="Send", exact=False).first.click()
    page.locator(".banner", has_text="Ran candidate").wait_for()


def test_rpc_is_in_the_trail_and_headers_cannot_reach_it(admin, system):
    page = admin.open("/playground/?worker=checkout&path=/rpc?sku=mug")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.name") == "path"
    page.keyboard.press("Control+Enter")
    page.locator(".banner", has_text="Ran stable").wait_for()
    page.locator(".shown-body", has_text="1190").wait_for()
    called = page.locator(".hop", has_text="quote() is RPC: cannot carry overrides")
    for _ in range(40):  # what a Worker said of a call comes a moment after the answer
        if called.count():
            break
        page.wait_for_timeout(250)
        page.reload() if "/r/" in page.url else page.locator(".answer-link a").click()
    expect(called).to_contain_text("called by checkout", use_inner_text=True)


def test_a_curl_command_is_imported_sent_and_shared_without_its_secret(admin, system):
    page = admin.open("/playground/?worker=hello")
    page.get_by_role("button", name="Import curl").click()
    page.locator("#curl").fill(
        "curl http://hello.localhost:1/x?token=abcdefgh -H 'authorization: Bearer s3cret-9'"
    )
    page.get_by_role("button", name="Import", exact=True).click()
    page.get_by_text("Imported, not sent").wait_for()
    assert page.get_by_label("Path and query").input_value() == "/x?token=abcdefgh"
    page.get_by_role("button", name="Send", exact=False).first.click()
    page.get_by_role("link", name="Link to this answer").click()
    page.wait_for_url("**/playground/r/**")
    html = page.content()
    assert "s3cret-9" not in html and "abcdefgh" not in html and "••••" in html
    assert admin.axe() == []
