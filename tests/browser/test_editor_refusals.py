"""Versions that are refused, in a real Chromium: with scripts, without, and on a real edge."""

from __future__ import annotations

from dataclasses import replace

import pytest
from playwright.sync_api import expect

from routing.agent.inspection.inspection import Refused
from routing.control.upload import draft_of
from routing.upload_draft import Part
from tests.browser.editing import CODE, newest, type_over
from tests.factories import make_deployment, make_draft, make_user, make_version, says_fine

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


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
