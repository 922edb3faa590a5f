"""The editor in a real Chromium: with scripts, by keyboard, without scripts, and on a real edge."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from unittest import mock

import pytest

from dashboard.accounts.models import Role
from dashboard.workers import editor_save
from routing.agent.inspection import Refused
from routing.draft import Part
from routing.upload import draft_of, upload_version
from tests.browser.conftest import Visitor
from tests.browser.png import colours, near
from tests.factories import make_deployment, make_draft, make_user, make_version, says_fine
from tests.running import OVERRIDES, System

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

CODE = b"export default {\n  fetch() {\n    return new Response('one');\n  },\n};\n"


@pytest.fixture
def runtime(monkeypatch):
    """Stands for the runtime; tests say what it answers."""
    inspect = mock.Mock(side_effect=says_fine)
    monkeypatch.setattr(
        editor_save, "upload_version", lambda **given: upload_version(**given, inspect=inspect)
    )
    return inspect


@pytest.fixture
def shop(transactional_db, runtime):
    """#1 live."""
    version = make_version("shop", make_draft(CODE))
    make_deployment(version.worker, (version, 100))
    return version.worker


def newest(worker):
    return worker.versions.newest_first().first()


def type_over(page, text):
    """Replaces all of the code by pasting, as people do."""
    code = page.locator(".cm-content").first
    code.click()
    page.keyboard.press("Control+a")
    code.evaluate(
        """(element, text) => {
          const clipboardData = new DataTransfer();
          clipboardData.setData("text/plain", text);
          const about = { clipboardData, bubbles: true, cancelable: true };
          element.dispatchEvent(new ClipboardEvent("paste", about));
        }""",
        text,
    )


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
    page.get_by_text("Live: stable 100%.").first.wait_for()

    visitor.open("/workers/fresh/edit/")
    type_over(page, "export default {\n  fetch() {\n    return new Response('two';\n  },\n};\n")
    page.get_by_role("button", name="Save and stage at 0%").click()
    page.get_by_text("Version refused. Nothing changed.").wait_for()
    assert "index.js:3:24" in page.locator("#refusal-words").inner_text()
    page.get_by_role("link", name="index.js, line 3").wait_for()
    assert page.locator(".cm-lint-marker-error").count() == 1
    assert len(system.api("GET", "/workers/scripts/fresh/versions").json()["result"]["items"]) == 1

    type_over(page, "export default {\n  fetch() {\n    return new Response('two');\n  },\n};\n")
    page.get_by_role("button", name="Save and stage at 0%").click()
    page.get_by_text("Live: candidate 0%, stable 100%.").first.wait_for()
    candidate = next(v for v in system.active("fresh")["versions"] if v["percentage"] == 0)
    asked = {OVERRIDES: f'fresh="{candidate["version_id"]}"'}
    deadline = time.monotonic() + 10
    while system.get("fresh", **asked).text != "two":
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert system.get("fresh").text != "two"
    assert visitor.complaints == []
    visitor.context.close()


def test_the_editor_obeys_the_policy_and_shows_changes_as_one_types(maya, shop):
    page = maya.open("/workers/shop/edit/")
    type_over(page, CODE.decode().replace("one", "two"))
    page.locator("#changes .diff-new", has_text="two").wait_for()
    assert page.locator("#changes .diff-gone", has_text="one").count() == 1
    gutter = page.locator(".cm-gutters").first
    assert gutter.evaluate("e => getComputedStyle(e).display") == "flex"
    assert maya.axe() == []


def test_it_saves_by_keyboard_and_keeps_tag_and_message(maya, shop):
    page = maya.open("/workers/shop/edit/")
    page.locator(".cm-content").first.focus()
    page.keyboard.press("Control+End")
    page.keyboard.type("// end")
    page.keyboard.press("Escape")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") != "editor-code"
    page.get_by_label("Tag").fill("v2")
    page.get_by_label("Message").type("By keyboard", delay=150)  # past the live diff
    assert page.get_by_label("Message").input_value() == "By keyboard"
    page.get_by_role("button", name="Save version").focus()
    page.keyboard.press("Enter")
    page.get_by_text("Saved #2.").first.wait_for()
    version = newest(shop)
    assert (version.tag, version.message) == ("v2", "By keyboard")
    assert draft_of(version).parts[0].content == CODE + b"// end"


def test_a_refusal_takes_the_focus_and_loses_nothing(maya, shop, runtime):
    runtime.side_effect = Refused("startup", "Uncaught Error: no\n  at index.js:3:5")
    page = maya.open("/workers/shop/edit/")
    type_over(page, "a\nb\nthird line\n")
    page.get_by_label("Tag").fill("v2")
    page.get_by_role("button", name="Save version").click()
    page.get_by_role("link", name="index.js, line 3").wait_for()
    assert page.evaluate("document.activeElement.id") == "refusal"
    assert page.get_by_label("Tag").input_value() == "v2"
    assert "third line" in page.locator(".cm-content").first.inner_text()
    assert maya.axe() == []
    page.get_by_role("link", name="index.js, line 3").click()
    page.locator(".cm-focused").wait_for()  # the link scrolls first
    assert page.locator(".cm-focused").count() == 1
    box = page.locator(".cm-content").first.bounding_box()
    assert box is not None and 0 < box["y"] < page.evaluate("innerHeight")


def test_what_was_not_saved_is_offered_again(maya, shop):
    page = maya.open("/workers/shop/edit/")
    page.on("dialog", lambda dialog: dialog.accept())
    type_over(page, "kept in this browser")
    page.locator("#changes .diff-new", has_text="kept in this browser").wait_for()
    page.reload()
    page.get_by_role("button", name="Restore them").click()
    page.locator(".cm-content", has_text="kept in this browser").first.wait_for()
    page.get_by_role("button", name="Save version").click()
    page.get_by_text("Saved #2.").first.wait_for()
    page = maya.open("/workers/shop/edit/")
    assert page.locator("#draft").is_hidden()


def settled(page):
    """Nothing is being swapped: a click now meets the element that stays."""
    busy = ".htmx-request, .htmx-swapping, .htmx-settling, .htmx-added"
    page.wait_for_function("busy => !document.querySelector(busy)", arg=busy)


def test_modules_and_files_are_added(maya, shop):
    page = maya.open("/workers/shop/edit/")
    page.get_by_role("button", name="Add module").click()
    page.get_by_role("textbox", name="Code of module-2.js").first.wait_for()
    settled(page)
    page.set_input_files(
        "#upload", [{"name": "hello.txt", "mimeType": "text/plain", "buffer": b"hello"}]
    )
    page.locator("#drop summary", has_text="hello.txt").wait_for()
    settled(page)
    page.get_by_role("button", name="Delete module module-2.js").click()
    page.locator("#drop summary", has_text="module-2.js").wait_for(state="detached")
    settled(page)
    page.get_by_role("button", name="Save version").click()
    page.get_by_text("Saved #2.").first.wait_for()
    assert [p.name for p in draft_of(newest(shop)).parts] == ["index.js", "hello.txt"]


def test_it_works_without_scripts(visitors, shop):
    make_user("maya")
    visitor = visitors(java_script_enabled=False)
    visitor.sign_in()
    page = visitor.open("/workers/shop/edit/")
    page.get_by_label("Code of index.js").fill("export default { fetch() {} };")
    page.get_by_role("button", name="Save and stage at 0%").click()
    page.get_by_text("Live: candidate 0%, stable 100%.").first.wait_for()
    assert draft_of(newest(shop)).parts[0].content == b"export default { fetch() {} };"


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_the_pages_are_clean_in_both_themes(visitors, shop, theme, width):
    make_user("maya", Role.OPERATOR)
    other = make_version("shop", make_draft(CODE.replace(b"one", b"two"), tag="v2"))
    visitor = visitors(color_scheme=theme, viewport={"width": width, "height": 900})
    visitor.sign_in()
    first = shop.versions.get(number=1)
    for path in (
        "edit/",
        f"versions/{other.id}/",
        f"diff/{first.id}...{other.id}/",
    ):
        visitor.open(f"/workers/shop/{path}")
        assert visitor.axe() == [], path
        assert not visitor.spills(), path


def test_a_conflict_shows_what_is_live_and_goes_on_from_there(maya, shop):
    long = make_version("shop", make_draft(CODE + b"// a line\n" * 90))
    page = maya.open("/workers/shop/edit/")
    make_deployment(shop, (shop.versions.get(number=1), 90), (long, 10), author=make_user("jonas"))
    page.get_by_role("button", name="Save and stage at 0%").click()
    page.get_by_text("Nothing saved. jonas deployed").wait_for()
    assert page.evaluate("document.activeElement.id") == "refusal"
    assert maya.axe() == []
    page.get_by_role("button", name="Save and stage at 0%").click()
    page.get_by_text("Live: candidate 0%, stable 100%.").first.wait_for()
    assert newest(shop).number == 3


def test_leaving_asks_only_while_something_is_not_saved(maya, shop):
    page, asked = maya.open("/workers/shop/edit/"), []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    page.get_by_role("button", name="Add binding").click()
    page.locator("#binding-0-name:focus").wait_for()
    page.get_by_label("Name").last.fill("COLOUR")
    page.evaluate("location.assign('/workers/')")
    page.wait_for_timeout(300)
    assert asked == ["beforeunload"] and page.url.endswith("/edit/")
    page.get_by_role("button", name="Save version").click()
    page.get_by_text("Saved #2.").first.wait_for()
    assert asked == ["beforeunload"]


def test_tab_indents_and_after_escape_it_leaves(maya, shop):
    page = maya.open("/workers/shop/edit/")
    code = page.locator(".cm-content").first
    code.focus()
    page.keyboard.press("Tab")
    assert page.locator("#module-0-text").input_value().startswith("  export")
    page.keyboard.press("Escape")
    page.wait_for_timeout(2300)  # longer than the package itself waits
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") != "editor-code"
    assert "Escape, then Tab leaves" in code.evaluate(
        "e => e.getRootNode().getElementById(e.getAttribute('aria-describedby')).textContent"
    )


def test_files_are_dropped_and_stay_as_they_are(maya, shop):
    page = maya.open("/workers/shop/edit/")
    page.locator("#drop").evaluate(
        """place => {
          const files = new DataTransfer();
          files.items.add(new File([new Uint8Array([0, 255, 13, 10, 13])], "raw.bin"));
          files.items.add(new File(["one\\r\\ntwo\\r\\n"], "win.txt"));
          files.items.add(new File(["export default { fetch() {} };"], "index.js"));
          const about = { dataTransfer: files, bubbles: true, cancelable: true };
          place.dispatchEvent(new DragEvent("drop", about));
        }"""
    )
    said = page.locator("#said")
    said.get_by_text("Added: raw.bin, win.txt.").wait_for()
    assert "Replaced the module of the same name: index.js." in said.inner_text()
    assert maya.axe() == []
    settled(page)
    page.get_by_role("button", name="Save version").click()
    page.get_by_text("Saved #2.").first.wait_for()
    parts = {part.name: part.content for part in draft_of(newest(shop)).parts}
    assert parts["raw.bin"] == b"\0\xff\r\n\r" and parts["win.txt"] == b"one\r\ntwo\r\n"


def test_an_error_stands_under_its_line_until_that_line_is_changed(maya, runtime, transactional_db):
    lib = Part("lib/a.js", "application/javascript+module", b"const z = 1;\nthrow z;\n")
    version = make_version("shop", replace(make_draft(CODE), parts=(*make_draft(CODE).parts, lib)))
    make_deployment(version.worker, (version, 100))
    runtime.side_effect = Refused("startup", "Uncaught TypeError: in a\n  at lib/a.js:2:7")
    page = maya.open("/workers/shop/edit/")
    page.get_by_role("button", name="Save version").click()
    wrong = page.locator("#module-1")
    assert wrong.locator(".cm-complaint").inner_text() == "Uncaught TypeError: in a"
    assert wrong.locator(".cm-lint-marker-error").count() == 1
    assert maya.axe() == []
    wrong.locator(".cm-line").first.click()
    page.keyboard.type("// another line")
    assert wrong.locator(".cm-complaint").count() == 1
    page.keyboard.press("ArrowDown")
    page.keyboard.type("// ")
    wrong.locator(".cm-complaint").wait_for(state="detached")
    assert wrong.locator(".cm-lint-marker-error").count() == 0


def test_what_can_be_undone_survives_a_new_module(maya, shop):
    page = maya.open("/workers/shop/edit/")
    page.locator(".cm-content").first.focus()
    page.keyboard.press("Control+End")
    page.keyboard.type("// wrong")
    page.get_by_role("button", name="Add module").click()
    page.locator("#module-1-name:focus").wait_for()
    settled(page)
    page.locator(".cm-content").first.focus()
    page.keyboard.press("Control+z")
    assert page.locator("#module-0-text").input_value() == CODE.decode()


def test_a_new_name_is_judged_as_one_types(maya, shop):
    page = maya.open("/workers/new/")
    for name, words in (("9lives", "9lives cannot be overridden."), ("shop", "already")):
        page.get_by_label("Name part of its address").fill(name)
        page.locator("#name-verdict", has_text=words).wait_for()
        assert page.evaluate("document.activeElement.id") == "name"
        assert maya.axe() == []


def test_searching_in_the_code_is_clean_too(maya, shop):
    page = maya.open("/workers/shop/edit/")
    page.locator(".cm-content").first.focus()
    page.keyboard.press("Control+f")
    page.locator(".cm-search").wait_for()
    assert maya.axe() == []


def test_a_dashboard_that_is_away_is_said_and_nothing_is_lost(maya, shop):
    page = maya.open("/workers/shop/edit/")
    page.get_by_label("Tag").fill("v2")
    page.route("**/edit/", lambda route: route.abort())
    page.get_by_role("button", name="Save version").click()
    page.locator(".toast", has_text="the dashboard cannot be reached").wait_for()
    assert maya.axe() == []
    page.unroute("**/edit/")
    page.get_by_role("button", name="Save version").click()
    page.get_by_text("Saved #2.").first.wait_for()
    assert newest(shop).tag == "v2"
    maya.complaints.clear()  # htmx writes down what was cut off


def test_a_refusal_and_files_work_without_scripts(visitors, shop, runtime):
    make_user("maya")
    visitor = visitors(java_script_enabled=False)
    visitor.sign_in()
    page = visitor.open("/workers/shop/edit/")
    files = [{"name": "a.bin", "mimeType": "application/x", "buffer": b"\0\xff"}]
    page.set_input_files("#upload", files)
    page.get_by_role("button", name="Add files").click()
    assert page.locator("#said").inner_text() == "Added: a.bin."
    runtime.side_effect = Refused("startup", "Uncaught Error: no\n  at index.js:3:5")
    page.get_by_role("button", name="Save version").click()
    assert page.get_by_role("link", name="index.js, line 3").is_visible()
    runtime.side_effect = says_fine
    page.get_by_role("button", name="Save and deploy at 100%").click()
    page.get_by_text("Live: stable 100%.").first.wait_for()
    assert [p.name for p in draft_of(newest(shop)).parts] == ["index.js", "a.bin"]


#: Surface, keywords and text of strings, as tokens.css has them.
COLOURS = {"light": ("#ffffff", "#7c1e90", "#14693a"), "dark": ("#14181b", "#e3a3f4", "#6cd598")}


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_the_editor_has_its_colours_in_both_themes(visitors, shop, theme, width):
    make_user("maya")
    visitor = visitors(color_scheme=theme, viewport={"width": width, "height": 900})
    visitor.sign_in()
    page = visitor.open("/workers/shop/edit/")
    code = page.locator(".editor-code").first
    code.locator(".cm-content").wait_for()
    found = colours(code.screenshot(caret="initial"))
    surface, keyword, text = COLOURS[theme]
    assert near(found, surface, 0) > found.total() * 0.6
    assert near(found, keyword) > 40 and near(found, text) > 10
    assert not visitor.spills()
