"""The live log and the pages of single requests, in a browser, against the whole real system."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.running import System

pytestmark = [pytest.mark.browser, pytest.mark.real]

CODE = """export default { fetch(request) {
  const { pathname } = new URL(request.url);
  if (pathname === "/throw") throw new RangeError("no such basket");
  console.log("asked for", pathname);
  return new Response("ok");
} };"""
DESKTOP, PHONE = {"width": 1440, "height": 1000}, {"width": 390, "height": 844}


@pytest.fixture(scope="module", autouse=True)
def logged(system: System) -> None:
    system.upload("logged", CODE)
    system.wait_for(system.active("logged")["id"], "logged")


def following(visitor, query=""):
    page = visitor.open(f"/workers/logged/log/{query}")
    expect(page.locator("#log-state")).to_have_text("Streaming")
    page.wait_for_timeout(1200)  # until every process says all
    return page


def row(page, path):
    return page.locator("#log-body tr", has_text=f"GET {path}")


def test_a_request_appears_with_what_the_worker_said(system, visit):
    page = following(visit())
    system.get("logged", "/one")
    expect(row(page, "/one")).to_contain_text("asked for /one")
    system.get("logged", "/throw")
    expect(row(page, "/throw").first).to_contain_text("RangeError: no such basket")
    expect(row(page, "/throw").first).to_contain_text("500")
    row(page, "/throw").first.get_by_role("link").first.click()
    expect(page.get_by_text(re.compile(r"at Object\.fetch \(index\.js"))).to_be_visible()


def test_paused_rows_wait_and_are_shown_when_it_goes_on(system, visit):
    page = following(visit())
    page.get_by_role("button", name="Pause").click()
    system.get("logged", "/waits")
    expect(page.locator("#log-missed")).to_contain_text("1 waiting")
    expect(row(page, "/waits")).to_have_count(0)
    page.get_by_role("button", name="Resume").click()
    expect(row(page, "/waits")).to_be_visible()


def test_filters_are_in_the_address_and_hold_for_what_comes(system, visit):
    page = following(visit(), "?status=5xx")
    system.get("logged", "/fine")
    system.get("logged", "/throw")
    system.get("logged", "/throw")
    expect(row(page, "/throw").first).to_be_visible()
    expect(row(page, "/fine")).to_have_count(0)


def test_without_scripts_the_log_is_a_list_with_a_refresh(system, visit):
    page = visit(java_script_enabled=False).open("/workers/logged/log/")
    system.get("logged", "/plain")
    page.wait_for_timeout(800)
    page.get_by_role("link", name="Refresh").click()
    expect(row(page, "/plain").first).to_be_visible()
    expect(page.get_by_role("button", name="Pause")).to_be_hidden()


@pytest.mark.parametrize(("theme", "size"), [("light", DESKTOP), ("dark", PHONE)])
def test_axe_finds_nothing_and_nothing_spills(system, visit, theme, size):
    ray = system.get("logged", "/throw").headers["cf-ray"]
    visitor = visit(color_scheme=theme, viewport=size)
    visitor.page.wait_for_timeout(800)
    for path in ("/workers/logged/invocations/", "/workers/logged/log/", f"/invocations/{ray}/"):
        visitor.open(path)
        assert visitor.axe() == [], path
        assert not visitor.spills(), path
    visitor.open("/invocations/?q=no-such-path")
    assert visitor.axe() == [] and not visitor.spills()
