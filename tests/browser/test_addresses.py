"""A Worker's addresses and the zones in a browser, on a phone and at a desk."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from dashboard.accounts.models import Role
from routing.models import CustomDomain, WorkerRoute
from tests.factories import make_deployment, make_user, make_version

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SHOTS = os.environ.get("SLUICE_SHOTS", "")
PHONE = {"width": 390, "height": 844}


def shoot(page: Any, name: str) -> None:
    """A picture to look at the page; none in a test run."""
    if SHOTS:
        page.screenshot(path=Path(SHOTS) / f"{name}.png", full_page=True)


@pytest.fixture
def shop(transactional_db: None, settings: Any) -> None:
    """`shop` with a custom domain, a route, and one of another Worker beside it."""
    settings.ZONES = ("example.com",)
    make_user("maya", Role.ADMIN)
    workers = {}
    for name in ("shop", "blog"):
        version = make_version(name)
        make_deployment(version.worker, (version, 100))
        workers[name] = version.worker
    given = {"zone": "example.com", "created_at": timezone.now()}
    CustomDomain.objects.create(hostname="shop.example.com", worker=workers["shop"], **given)
    for pattern, name in (("*.example.com/cart/*", "shop"), ("example.com/*", "blog")):
        WorkerRoute.objects.create(pattern=pattern, worker=workers[name], **given)


def test_addresses_are_added_and_removed(visitors: Any, shop: None) -> None:
    visitor = visitors(viewport=PHONE, has_touch=True)
    visitor.enter()
    page = visitor.open("/workers/shop/settings/")
    assert visitor.axe() == [] and not visitor.spills()
    shoot(page, "addresses-phone")
    page.get_by_label("Kind").select_option("route")
    page.get_by_label("Host name or pattern").fill("example.com/*")
    page.get_by_role("button", name="Add the address").click()
    expect(page.get_by_role("alert")).to_contain_text("assigned to the Worker blog")
    assert visitor.axe() == [] and not visitor.spills()
    shoot(page, "addresses-refused-phone")
    page.get_by_label("Host name or pattern").fill("example.com/shop*")
    page.get_by_role("button", name="Add the address").click()
    expect(page.locator("[data-address='example.com/shop*']")).to_be_visible()
    page.get_by_role("button", name="Remove shop.example.com").click()
    dialog = page.get_by_role("dialog", name="Remove shop.example.com")
    shoot(page, "addresses-remove-phone")
    dialog.get_by_role("button").click()
    expect(page.locator("[data-address='shop.example.com']")).to_have_count(0)


def test_zones_and_the_choice_of_an_address(visitors: Any, shop: None) -> None:
    visitor = visitors(viewport={"width": 1280, "height": 900})
    visitor.enter()
    shoot(visitor.open("/workers/shop/settings/"), "addresses")
    page = visitor.open("/zones/")
    page.get_by_label("Domain").fill("Example.org")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.locator("[data-zone='example.org']")).to_be_visible()
    assert visitor.axe() == []
    shoot(page, "zones")
    page = visitor.open("/playground/?worker=shop")
    page.get_by_label("Address").select_option("shop.example.com")
    shoot(page, "playground-address")
    assert visitor.axe() == []
