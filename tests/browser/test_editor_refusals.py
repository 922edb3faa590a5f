"""Versions that are refused, in a real Chromium: with scripts, without, and on a real edge."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import expect

from routing.agent.inspection.inspection import Refused
from routing.control.upload import draft_of
from routing.upload_draft import Part
from tests.browser.conftest import Visitor
from tests.browser.editing import CODE, newest, type_over
from tests.factories import make_deployment, make_draft, make_user, make_version, says_fine
from tests.running import OVERRIDES, System

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def system(tmp_path: Path) -> Iterator[System]:
    running = System(tmp_path / "data").start()
    yield running
    running.stop()


@pytest.mark.real
@pytest.mark.timeout(240)
def test_an_error_is_shown_at_its_line_and_the_fixed_version_answers(browser, system):
    visitor = Visitor(browser.new_context(), f"http://127.0.0.1:{system.http_port}")
    visitor.page.set_default_timeout(30_000)
    page = visitor.sign_in("admin", "correct horse battery")
    page = visitor.open("/workers/new/")
    page.get_by_label("Name part of its address").fill("fresh")
    page.get_by_role("button", name="Save and deploy").click()
    page.get_by_text("Live: stable #1 100%.").first.wait_for()

    visitor.open("/workers/fresh/edit/")
    type_over(page, "export default {\n  fetch() {\n    return new Response('two';\n  },\n};\n")
    page.get_by_role("button", name="Save and stage at 0%").click()
    page.get_by_text("Version refused. Nothing changed.").wait_for()
    expect(page.locator("#refusal-words")).to_contain_text("index.js:3:24", use_inner_text=True)
    page.get_by_role("link", name="index.js, line 3").wait_for()
    expect(page.locator(".cm-lint-marker-error")).to_have_count(1)
    assert len(system.api("GET", "/workers/scripts/fresh/versions").json()["result"]["items"]) == 1

    type_over(page, "export default {\n  fetch() {\n    return new Response('two');\n  },\n};\n")
    page.get_by_role("button", name="Save and stage at 0%").click()
    page.get_by_text("Live: candidate #2 0%, stable #1 100%.").first.wait_for()
    candidate = next(v for v in system.active("fresh")["versions"] if v["percentage"] == 0)
    asked = {OVERRIDES: f'fresh="{candidate["version_id"]}"'}
    deadline = time.monotonic() + 10
    while system.get("fresh", **asked).text != "two":
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert system.get("fresh").text != "two"
    assert visitor.complaints == []
    visitor.context.close()


def test_a_refusal_takes_the_focus_and_loses_nothing(maya, shop, runtime):
    runtime.side_effect = Refused("startup", "Uncaught Error: no\n  at index.js:3:5")
    page = maya.open("/workers/shop/edit/")
    type_over(page, "a\nb\nthird line\n")
    page.get_by_label("Tag").fill("v2")
    page.get_by_role("button", name="Save version").click()
    page.get_by_role("link", name="index.js, line 3").wait_for()
    assert page.evaluate("document.activeElement.id") == "refusal"
    expect(page.get_by_label("Tag")).to_have_value("v2")
    expect(page.locator(".cm-content").first).to_contain_text("third line", use_inner_text=True)
    assert maya.axe() == []
    page.get_by_role("link", name="index.js, line 3").click()
    page.locator(".cm-focused").wait_for()  # the link scrolls first
    expect(page.locator(".cm-focused")).to_have_count(1)
    box = page.locator(".cm-content").first.bounding_box()
    assert box is not None and 0 < box["y"] < page.evaluate("innerHeight")


def test_a_conflict_shows_what_is_live_and_goes_on_from_there(maya, shop):
    long = make_version("shop", make_draft(CODE + b"// a line\n" * 90))
    page = maya.open("/workers/shop/edit/")
    make_deployment(shop, (shop.versions.get(number=1), 90), (long, 10), author=make_user("jonas"))
    page.get_by_role("button", name="Save and stage at 0%").click()
    page.get_by_text("Nothing saved. jonas deployed").wait_for()
    assert page.evaluate("document.activeElement.id") == "refusal"
    assert maya.axe() == []
    page.locator("input[name=replace]").check()  # #2 has traffic by now
    page.get_by_role("button", name="Save and stage at 0%").click()
    page.get_by_text("Live: candidate #3 0%, stable #1 100%.").first.wait_for()
    assert newest(shop).number == 3


def test_an_error_stands_under_its_line_until_that_line_is_changed(maya, runtime, transactional_db):
    lib = Part("lib/a.js", "application/javascript+module", b"const z = 1;\nthrow z;\n")
    version = make_version("shop", replace(make_draft(CODE), parts=(*make_draft(CODE).parts, lib)))
    make_deployment(version.worker, (version, 100))
    runtime.side_effect = Refused("startup", "Uncaught TypeError: in a\n  at lib/a.js:2:7")
    page = maya.open("/workers/shop/edit/")
    page.get_by_role("button", name="Save version").click()
    wrong = page.locator("#module-1")
    expect(wrong.locator(".cm-error-note")).to_have_text(
        "Uncaught TypeError: in a", use_inner_text=True
    )
    expect(wrong.locator(".cm-lint-marker-error")).to_have_count(1)
    assert maya.axe() == []
    wrong.locator(".cm-line").first.click()
    page.keyboard.type("// another line")
    expect(wrong.locator(".cm-error-note")).to_have_count(1)
    page.keyboard.press("ArrowDown")
    page.keyboard.type("// ")
    wrong.locator(".cm-error-note").wait_for(state="detached")
    expect(wrong.locator(".cm-lint-marker-error")).to_have_count(0)


def test_a_refusal_and_files_work_without_scripts(visitors, shop, runtime):
    make_user("maya")
    visitor = visitors(java_script_enabled=False)
    visitor.enter()
    page = visitor.open("/workers/shop/edit/")
    files = [{"name": "a.bin", "mimeType": "application/x", "buffer": b"\0\xff"}]
    page.set_input_files("#upload", files)
    page.get_by_role("button", name="Add files").click()
    expect(page.locator("#notices")).to_have_text("Added: a.bin.", use_inner_text=True)
    runtime.side_effect = Refused("startup", "Uncaught Error: no\n  at index.js:3:5")
    page.get_by_role("button", name="Save version").click()
    expect(page.get_by_role("link", name="index.js, line 3")).to_be_visible()
    runtime.side_effect = says_fine
    page.get_by_role("button", name="Save and deploy at 100%").click()
    page.get_by_text("Live: stable #2 100%.").first.wait_for()
    assert [p.name for p in draft_of(newest(shop)).parts] == ["index.js", "a.bin"]
