"""Ctrl K on every page: typing finds, arrows choose, Enter opens."""

import pytest

from tests.factories import make_deployment, make_worker

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_worker_is_two_keys_and_its_name_away(maya):
    make_deployment(make_worker("checkout"))
    page = maya.open("/playground/?worker=checkout")
    page.keyboard.press("Control+k")
    page.get_by_role("combobox", name="Search or jump to").wait_for()
    page.keyboard.type("check")
    option = page.get_by_role("option", name="checkout Worker")
    option.wait_for()
    assert maya.axe() == []
    page.keyboard.press("ArrowDown")
    page.wait_for_timeout(200)
    assert page.evaluate(
        "document.activeElement.getAttribute('aria-activedescendant')"
    ) == page.locator('[role="option"][aria-selected="true"]').get_attribute("id")
    page.keyboard.press("Enter")
    page.wait_for_url("**/playground/?worker=checkout")


def test_escape_closes_it_and_nothing_happened(maya):
    page = maya.open("/workers/")
    page.get_by_role("link", name="Search or jump to").click()
    page.get_by_role("combobox", name="Search or jump to").wait_for()
    page.keyboard.press("Escape")
    assert not page.locator("#palette").is_visible() and page.url.endswith("/workers/")


def test_without_scripts_it_is_a_page(visitors, maya):
    make_worker("checkout")
    visitor = visitors(java_script_enabled=False, color_scheme="dark")
    visitor.enter("maya")
    page = visitor.open("/palette/?q=check")
    page.get_by_role("link", name="checkout", exact=True).click()
    page.wait_for_url("**/workers/checkout/")
