"""Phones, and 400% zoom, where a window of 1280 × 1024 is one of 320 × 256: nothing is covered."""

import pytest
from playwright.sync_api import expect

from dashboard.accounts.models import Role
from tests.browser.test_pages import PHONE, everything  # noqa: F401
from tests.browser.test_playground import listener, shop  # noqa: F401
from tests.browser.waiting import until
from tests.factories import make_user

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

ZOOMED = {"width": 320, "height": 256}

BAR = """() => {
    const bar = document.querySelector(".topbar");
    const seen = [...bar.querySelectorAll("a, button, .pill, [aria-current]")]
        .filter((part) => part.checkVisibility()).map((part) => part.getBoundingClientRect());
    return {
        height: Math.round(bar.getBoundingClientRect().height),
        cut: seen.filter((b) => b.left < 0 || b.right > innerWidth || b.bottom > 58).length,
        overlaps: seen.some((a, at) => seen.slice(at + 1).some((b) =>
            Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1
            && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 1)),
        narrowest: Math.min(...[...bar.querySelectorAll("[aria-current]")]
            .filter((e) => e.scrollWidth > e.clientWidth).map((e) => e.offsetWidth), 999),
    };
}"""

#: The elements of a dialog that focus reaches and something else covers, or that stay outside.
HIDDEN = """(dialog) => {
    const focusable = "a[href], button, input:not([type=hidden]), select, textarea";
    const usable = (part) => part.checkVisibility() && !part.disabled;
    return [...dialog.querySelectorAll(focusable)].filter(usable).filter((part) => {
        part.focus();
        const box = part.getBoundingClientRect();
        const [x, y] = [box.left + box.width / 2, box.top + Math.min(box.height / 2, 20)];
        const top = document.elementFromPoint(x, y);
        const own = part.closest("label") ?? part;
        const around = top?.contains(part) && dialog.contains(top) && top !== dialog;
        return !(own.contains(top) || around);
    }).map((part) => part.outerHTML.slice(0, 80));
}"""


@pytest.fixture
def phone(visitors, everything):  # noqa: F811
    visitor = visitors(viewport=PHONE, has_touch=True)
    visitor.enter()
    return visitor


def test_the_bar_is_one_row_and_its_menu_leads_on(phone, everything):  # noqa: F811
    version = everything.versions.get(number=2)
    paths = ["/workers/", f"/workers/ramping/versions/{version.id}/", "/playground/?worker=ramping"]
    found = {}
    for width in (390, 320):
        phone.page.set_viewport_size({"width": width, "height": 844})
        for path in paths:
            found[path, width] = phone.open(path).evaluate(BAR)
    assert {where: bar for where, bar in found.items() if bar["height"] > 57 or bar["cut"]} == {}
    assert not any(bar["overlaps"] for bar in found.values())
    assert min(bar["narrowest"] for bar in found.values()) > 40
    page = phone.open(paths[0])
    page.get_by_role("button", name="Menu").click()
    edges = page.get_by_role("navigation", name="Main").get_by_role("link", name="Edges")
    assert edges.bounding_box()["height"] >= 44
    assert phone.axe() == []
    page.keyboard.press("Escape")
    expect(edges).to_be_hidden()
    page.get_by_role("button", name="Menu").click()
    edges.click()
    page.wait_for_url("**/edges/")


def test_rows_that_scroll_begin_at_the_active_one(phone):
    for path, name in [("/workers/ramping/log/", "Live log"), ("/workers/?state=never", "Never")]:
        box = phone.open(path).locator("main [aria-current]").first.bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= PHONE["width"], name


@pytest.mark.parametrize("motion", ["reduce", "no-preference"])
def test_the_answer_comes_into_view_and_the_focus_stays(visitors, shop, motion):  # noqa: F811
    make_user("maya", Role.OPERATOR)
    visitor = visitors(viewport=PHONE, reduced_motion=motion)
    visitor.enter()
    page = visitor.open("/playground/?worker=shop")
    page.get_by_role("button", name="Send", exact=True).first.click()
    page.locator("#answer .banner").wait_for()
    place = "document.getElementById('answer').getBoundingClientRect().top"
    until(page, f"{place} >= 0 && {place} < innerHeight / 3")
    assert page.evaluate("document.activeElement.hasAttribute('data-send')")


def test_at_400_percent_every_dialog_scrolls_and_nothing_is_covered(visitors, everything):  # noqa: F811
    make_user("ada", Role.ADMIN)
    ada = visitors(viewport=ZOOMED)
    ada.enter("ada")
    hidden = {}
    for path, opener, dialog in [
        ("/workers/ramping/", "link:Roll back", "#dialog"),
        ("/workers/ramping/", "link:Step to 50%", "#dialog"),
        ("/workers/ramping/", "button:As command", "#live-command"),
        ("/workers/ramping/versions/", "button:Actions for #1", "#version-menu"),
        ("/workers/", "link:Search or jump to", "#palette"),
        ("/workers/", "button:Menu", "#sidebar"),
        ("/people/", "button:Invite", "#invite"),
        ("/people/", "button:New token", "#new-token"),
        ("/people/", "button:Actions for maya", '[id^="person-"]:popover-open'),
        ("/playground/?worker=ramping", "button:curl", '[id^="export-"]:popover-open'),
        ("/playground/?worker=ramping", "button:Import curl", "#import-curl"),
    ]:
        page = ada.open(path)
        role, name = opener.split(":")
        page.get_by_role(role, name=name).locator("visible=true").first.click()
        opened = page.locator(dialog)
        opened.locator("a, button, input").locator("visible=true").first.wait_for()
        box = opened.bounding_box()
        fits = box["y"] >= 0 and box["y"] + box["height"] <= ZOOMED["height"]
        hidden[path, name] = opened.evaluate(HIDDEN) + ([] if fits else [f"outside: {box}"])
    assert {where: parts for where, parts in hidden.items() if parts} == {}
