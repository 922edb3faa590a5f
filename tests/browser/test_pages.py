"""Every page, both themes, desktop and phone: nothing for axe-core to find, nothing that spills."""

import pytest
from django.utils import timezone

from dashboard.accounts.actor import Actor
from dashboard.accounts.models import Role
from dashboard.overrides.links import share
from routing.models import Worker
from tests.factories import (
    make_deployment,
    make_draft,
    make_edge,
    make_propagation,
    make_user,
    make_version,
    make_worker,
)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

DESKTOP = {"width": 1440, "height": 1000}
NARROW = {"width": 1000, "height": 800}
PHONE = {"width": 390, "height": 844}

PAGES = [
    "/workers/",
    "/workers/?q=nothing-like-it",
    "/workers/ramping/",
    "/workers/staged/",
    "/workers/idle/",
    "/workers/ramping/split/?percentage=50",
    "/workers/ramping/rollback/",
    "/workers/ramping/versions/",
    "/workers/ramping/deployments/",
    "/workers/ramping/invocations/",
    "/workers/ramping/settings/",
    "/workers/ramping/overrides/",
    "/playground/?worker=ramping",
    "/accounts/",
    "/activity/",
    "/nothing-here",
]


@pytest.fixture
def everything(transactional_db) -> Worker:
    """A Worker that ramps, one with a staged version, one without a deployment; a lagging edge."""
    make_user("maya", Role.OPERATOR)
    make_user("vera", Role.VIEWER)
    for name in ("ramping", "staged"):
        worker = make_worker(name)
        tall = make_draft(tag="v1.42.0", message="Retry card auth once on 503 " * 4)
        two = make_version(worker, tall)
        make_deployment(worker, (worker.versions.get(number=1), 100))
        shares = (two, 25 if name == "ramping" else 0), (worker.versions.get(number=1), None)
        made = make_deployment(worker, shares[0], (shares[1][0], 100 - shares[0][1]))
        share(two, Actor(None, "shell", timezone.now()), note="The people who design the checkout")
    make_worker("idle")
    make_propagation(make_edge("local-1"), made)
    make_edge("local-2", applied_revision=1)
    return Worker.objects.get(name="ramping")


@pytest.mark.parametrize(
    ("person", "theme", "size"),
    [
        ("maya", "light", DESKTOP),
        ("maya", "dark", PHONE),
        ("vera", "light", PHONE),
        ("vera", "dark", DESKTOP),
        ("maya", "dark", NARROW),
    ],
    ids=["light-desktop", "dark-phone", "viewer-phone", "viewer-dark", "dark-narrow"],
)
def test_axe_finds_nothing(visitors, everything, theme, size, person):
    visitor = visitors(color_scheme=theme, viewport=size)
    visitor.open("/accounts/login/")
    found = {"/accounts/login/": visitor.axe()}
    visitor.enter(person)
    version = everything.versions.get(number=2)
    made = everything.deployments.get(number=2)
    own = [f"/workers/ramping/versions/{version.id}/", f"/workers/ramping/deployments/{made.id}/"]
    for path in [*PAGES, *own]:
        visitor.open(path)
        found[path] = visitor.axe() + (["spills"] if visitor.spills() else [])
    assert {path: problems for path, problems in found.items() if problems} == {}


def test_the_theme_follows_the_system(visitors, everything):
    grounds = []
    for theme in ("light", "dark"):
        visitor = visitors(color_scheme=theme)
        page = visitor.open("/accounts/login/")
        grounds.append(page.evaluate("getComputedStyle(document.body).backgroundColor"))
    assert grounds == ["rgb(246, 247, 248)", "rgb(13, 16, 19)"]


def test_our_fonts_are_used_and_nothing_comes_from_elsewhere(visitors, everything):
    visitor = visitors()
    asked: list[str] = []
    visitor.page.on("request", lambda request: asked.append(request.url))
    visitor.sign_in()
    page = visitor.open("/workers/ramping/")
    assert page.evaluate("document.fonts.check('14px Inter')")
    assert any("fonts/inter" in url for url in asked)
    assert [url for url in asked if not url.startswith(visitor.address)] == []


SMALL_TARGETS = """() => [...document.querySelectorAll('a[href], button, input, select, textarea')]
    .filter(e => e.checkVisibility() && !e.closest('.skip, label'))
    .map(e => [e.outerHTML.slice(0, 90), e.getBoundingClientRect()])
    .filter(([_, r]) => r.width && Math.min(r.width, r.height) < 23.9)
    .map(([html]) => html)"""


def test_no_target_is_smaller_than_24_pixels(visitors, everything):
    visitor = visitors(viewport=DESKTOP)
    visitor.enter()
    small = {path: visitor.open(path).evaluate(SMALL_TARGETS) for path in PAGES}
    assert {path: found for path, found in small.items() if found} == {}


def test_the_skip_link_comes_first_and_leads_to_the_content(visitors, everything):
    visitor = visitors()
    page = visitor.sign_in()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to content"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent.trim()") == "New Worker"


def test_a_theme_of_ones_own_stays(visitors, everything):
    visitor = visitors(color_scheme="light")
    visitor.enter()
    visitor.open("/accounts/").get_by_label("Dark").check()
    page = visitor.open("/workers/")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(13, 16, 19)"


def test_a_question_mark_opens_the_keys(visitors, everything):
    visitor = visitors(viewport=PHONE)
    visitor.enter()
    page = visitor.open("/workers/")
    page.keyboard.press("?")
    page.locator("#keys[open]").wait_for()
    assert visitor.axe() == [] and not visitor.spills()
    page.keyboard.press("Escape")
    page.locator("#keys:not([open])").wait_for(state="attached")
