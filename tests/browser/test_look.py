"""Pictures of the pages: in both themes and on a phone the colours that carry meaning are there."""

import base64

import pytest
from playwright.sync_api import expect

from tests.browser.test_pages import DESKTOP, PHONE, everything  # noqa: F401

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
]

COUNT = """async (png) => {
    const image = new Image();
    image.src = `data:image/png;base64,${png}`;
    await image.decode();
    const canvas = new OffscreenCanvas(image.width, image.height).getContext("2d");
    canvas.drawImage(image, 0, 0);
    const found = {};
    const { data } = canvas.getImageData(0, 0, image.width, image.height);
    for (let at = 0; at < data.length; at += 4) {
        const colour = [data[at], data[at + 1], data[at + 2]]
            .map(n => n.toString(16).padStart(2, "0")).join("");
        found[colour] = (found[colour] ?? 0) + 1;
    }
    return found;
}"""
#: Theme → ground, LIVE, stable and candidate fills, as tokens.css has them.
MEANING = {
    "light": ("f6f7f8", "14693a", "0b5394", "9a2bb0"),
    "dark": ("0d1013", "6cd598", "3585c8", "c46fdb"),
}


def colours(visitor):
    """How many pixels of the window have which colour."""
    shot = base64.b64encode(visitor.page.screenshot()).decode()
    blank = visitor.context.new_page()
    found = blank.evaluate(COUNT, shot)
    blank.close()
    return found


@pytest.mark.parametrize("theme", MEANING)
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_the_deployments_view_shows_what_is_live(visitors, everything, theme, size):  # noqa: F811
    visitor = visitors(color_scheme=theme, viewport=size)
    visitor.enter()
    page = visitor.open("/workers/ramping/")
    page.locator("#live .split-large").wait_for()
    found = colours(visitor)
    ground, live, stable, candidate = (found.get(colour, 0) for colour in MEANING[theme])
    assert ground > size["width"] * size["height"] / 10
    assert live > 200  # the word and the edge of the card
    assert stable > 2 * candidate > 400  # 75 % beside 25 %, which is hatched
    assert len(found) > 50  # words, with their soft edges


@pytest.mark.parametrize("theme", MEANING)
def test_the_list_shows_every_split(visitors, everything, theme):  # noqa: F811
    visitor = visitors(color_scheme=theme, viewport=DESKTOP)
    visitor.enter()
    visitor.open("/workers/")
    found = colours(visitor)
    _, live, stable, candidate = (found.get(colour, 0) for colour in MEANING[theme])
    assert stable > 1000 and candidate > 100
    assert live < 200  # LIVE is the active deployment's word and is not in the list


def test_on_a_phone_the_way_back_stays_in_reach(visitors, everything):  # noqa: F811
    visitor = visitors(viewport=PHONE)
    visitor.enter()
    page = visitor.open("/workers/ramping/")
    bar = page.locator("#bottom-bar")
    for _ in range(2):
        box = bar.bounding_box()
        assert box["y"] + box["height"] == PHONE["height"]
        expect(bar.get_by_role("link", name="Roll back")).to_be_visible()
        page.evaluate("scrollTo(0, document.body.scrollHeight)")
    assert bar.get_by_role("link", name="Step to 50%").bounding_box()["height"] >= 44


def test_without_colour_versions_still_differ(visitors, everything):  # noqa: F811
    """Forced colours: the bars keep an outline and a gap, the marks their shape."""
    visitor = visitors(viewport=DESKTOP, forced_colors="active")
    visitor.enter()
    page = visitor.open("/workers/ramping/")
    assert visitor.axe() == []
    fills = page.evaluate(
        """() => [...document.querySelectorAll("#live .split-large rect")]
            .map((part) => getComputedStyle(part).fill)"""
    )
    assert len(set(fills)) == 2
