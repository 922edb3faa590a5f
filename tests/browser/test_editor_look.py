"""How the editor looks in a real Chromium: under the policy, in both themes, for axe-core."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from dashboard.accounts.models import Role
from tests.browser.editing import CODE, type_over
from tests.browser.png import colours, near
from tests.factories import make_draft, make_user, make_version

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_the_editor_obeys_the_policy_and_shows_changes_as_one_types(maya, shop):
    page = maya.open("/workers/shop/edit/")
    type_over(page, CODE.decode().replace("one", "two"))
    page.locator("#changes .diff-new", has_text="two").wait_for()
    expect(page.locator("#changes .diff-gone", has_text="one")).to_have_count(1)
    gutter = page.locator(".cm-gutters").first
    assert gutter.evaluate("e => getComputedStyle(e).display") == "flex"
    assert maya.axe() == []


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_the_pages_are_clean_in_both_themes(visitors, shop, theme, width):
    make_user("maya", Role.OPERATOR)
    other = make_version("shop", make_draft(CODE.replace(b"one", b"two"), tag="v2"))
    visitor = visitors(color_scheme=theme, viewport={"width": width, "height": 900})
    visitor.enter()
    first = shop.versions.get(number=1)
    for path in (
        "edit/",
        f"versions/{other.id}/",
        f"diff/{first.id}...{other.id}/",
    ):
        visitor.open(f"/workers/shop/{path}")
        assert visitor.axe() == [], path
        assert not visitor.spills(), path


def test_searching_in_the_code_is_clean_too(maya, shop):
    page = maya.open("/workers/shop/edit/")
    page.locator(".cm-content").first.focus()
    page.keyboard.press("Control+f")
    page.locator(".cm-search").wait_for()
    assert maya.axe() == []


#: Surface, keywords and text of strings, as tokens.css has them.
COLOURS = {"light": ("#ffffff", "#7c1e90", "#14693a"), "dark": ("#14181b", "#e3a3f4", "#6cd598")}


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_the_editor_has_its_colours_in_both_themes(visitors, shop, theme, width):
    make_user("maya")
    visitor = visitors(color_scheme=theme, viewport={"width": width, "height": 900})
    visitor.enter()
    page = visitor.open("/workers/shop/edit/")
    code = page.locator(".editor-code").first
    code.locator(".cm-content").wait_for()
    found = colours(code.screenshot(caret="initial"))
    surface, keyword, text = COLOURS[theme]
    assert near(found, surface, 0) > found.total() * 0.6
    assert near(found, keyword) > 40 and near(found, text) > 10
    assert not visitor.spills()
