"""The editor in a real Chromium: with scripts, by keyboard, with files, and without scripts."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from routing.control.upload import draft_of
from tests.browser.editing import CODE, newest, settled, type_over
from tests.factories import make_user

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


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
    expect(page.get_by_label("Message")).to_have_value("By keyboard")
    page.get_by_role("button", name="Save version").focus()
    page.keyboard.press("Enter")
    page.get_by_text("Saved #2.").first.wait_for()
    version = newest(shop)
    assert (version.tag, version.message) == ("v2", "By keyboard")
    assert draft_of(version).parts[0].content == CODE + b"// end"


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
    expect(page.locator("#draft")).to_be_hidden()


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
    visitor.enter()
    page = visitor.open("/workers/shop/edit/")
    page.get_by_label("Code of index.js").fill("export default { fetch() {} };")
    page.get_by_role("button", name="Save and stage at 0%").click()
    page.get_by_text("Live: candidate #2 0%, stable #1 100%.").first.wait_for()
    assert draft_of(newest(shop)).parts[0].content == b"export default { fetch() {} };"


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
    said = page.locator("#notices")
    said.get_by_text("Added: raw.bin, win.txt.").wait_for()
    expect(said).to_contain_text(
        "Replaced the module of the same name: index.js.", use_inner_text=True
    )
    assert maya.axe() == []
    settled(page)
    page.get_by_role("button", name="Save version").click()
    page.get_by_text("Saved #2.").first.wait_for()
    parts = {part.name: part.content for part in draft_of(newest(shop)).parts}
    assert parts["raw.bin"] == b"\0\xff\r\n\r" and parts["win.txt"] == b"one\r\ntwo\r\n"


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
