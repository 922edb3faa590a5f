"""Stage, step, conflict, roll back: with scripts, by keyboard, and without scripts."""

import pytest
from playwright.sync_api import expect

from dashboard.accounts.models import Role
from tests.browser.waiting import until
from tests.factories import make_deployment, make_user, make_worker

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def shop(transactional_db):
    """#1 live, #2 uploaded."""
    worker = make_worker("shop", versions=2)
    make_deployment(worker, (worker.versions.get(number=1), 100))
    return worker


def live(worker):
    active = worker.deployments.newest_first().first()
    return {s.version.number: s.percentage for s in active.shares.select_related("version")}


def said(page, words):
    """The toast that says what is live now."""
    page.locator(".toast", has_text=words).wait_for()


def test_stage_step_and_roll_back(maya, shop):
    page = maya.open("/workers/shop/")
    page.get_by_role("button", name="Stage #2 at 0%").click()
    said(page, "Live: candidate #2 0%, stable #1 100%.")
    assert live(shop) == {1: 100.0, 2: 0.0}

    page.get_by_role("link", name="Step up to 1%").first.click()
    page.get_by_role("link", name="10%", exact=True).click()
    page.get_by_role("button", name="Deploy 10% / 90%").wait_for()
    page.get_by_label("Message").fill("First real traffic")
    page.get_by_role("button", name="Deploy 10% / 90%").click()
    said(page, "Live: candidate #2 10%, stable #1 90%.")
    assert live(shop) == {1: 90.0, 2: 10.0}
    expect(page.get_by_text("First real traffic").first).to_be_attached()

    page.get_by_role("link", name="Roll back").first.click()
    page.get_by_label("Reason").fill("Too slow")
    page.get_by_role("button", name="Roll back to #1").click()
    said(page, "Live: stable #1 100%.")
    assert live(shop) == {1: 100.0}


def test_the_percentage_obeys_the_keyboard(maya, shop):
    page = maya.open("/workers/shop/split/?percentage=10")
    field = page.get_by_role("spinbutton", name="Candidate")
    field.focus()
    for key, value in [
        ("ArrowUp", "11"),
        ("Shift+ArrowUp", "21"),
        ("ArrowDown", "20"),
        ("Home", "0"),
        ("End", "100"),
    ]:
        page.keyboard.press(key)
        expect(field).to_have_value(value)
    page.get_by_text("Every request will go to #2.").wait_for()
    field.fill("33.333")
    page.get_by_role("img", name="Candidate #2 33.333%, stable #1 66.667%").wait_for()
    page.keyboard.press("Control+Enter")
    said(page, "Live: candidate #2 33.333%, stable #1 66.667%.")


def test_two_people_at_once_never_overwrite_each_other(maya, visitors, shop):
    make_user("jonas", Role.OPERATOR)
    jonas = visitors()
    jonas.enter("jonas")
    mine = maya.open("/workers/shop/split/?percentage=10")
    theirs = jonas.open("/workers/shop/split/?percentage=5")
    theirs.get_by_role("button", name="Deploy 5% / 95%").click()
    said(theirs, "Live: candidate #2 5%, stable #1 95%.")

    mine.get_by_role("button", name="Deploy 10% / 90%").click()
    mine.get_by_text("Not deployed. jonas deployed").wait_for()
    assert live(shop) == {1: 95.0, 2: 5.0}
    assert mine.evaluate("document.activeElement.id") == "conflict"
    assert maya.axe() == []
    mine.get_by_role("link", name="Start again from the live split").click()
    mine.get_by_role("button", name="Deploy 10% / 90%").click()
    said(mine, "Live: candidate #2 10%, stable #1 90%.")
    assert live(shop) == {1: 90.0, 2: 10.0}


def test_everything_works_without_scripts(visitors, shop):
    make_user("maya")
    visitor = visitors(java_script_enabled=False)
    visitor.enter()
    page = visitor.open("/workers/shop/")
    page.get_by_role("button", name="Stage #2 at 0%").click()
    said(page, "Live: candidate #2 0%, stable #1 100%.")
    page.get_by_role("link", name="Set percentages").click()
    page.get_by_role("link", name="25%", exact=True).click()
    page.get_by_role("button", name="Deploy").click()
    said(page, "Live: candidate #2 25%, stable #1 75%.")
    page.get_by_role("link", name="Roll back").first.click()
    page.get_by_role("button", name="Roll back to #1").click()
    said(page, "Live: stable #1 100%.")
    assert live(shop) == {1: 100.0}


def test_a_version_is_staged_from_its_row_by_keyboard(maya, shop):
    page = maya.open("/workers/shop/")
    menu = page.get_by_role("button", name="Actions for #2")
    menu.focus()
    page.keyboard.press("Enter")
    stage = page.get_by_role("menuitem", name="Stage at 0%")
    stage.wait_for()
    page.keyboard.press("Escape")
    expect(stage).to_be_hidden()
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "Actions for #2"
    page.keyboard.press("ArrowDown")
    stage.wait_for()
    for key, words in [
        ("End", "Copy override header"),
        ("ArrowDown", "Stage at 0%"),
        ("v", "View code"),
        ("Home", "Stage at 0%"),
    ]:
        page.keyboard.press(key)
        assert words in page.evaluate("document.activeElement.textContent")
    assert maya.axe() == []
    page.keyboard.press("Enter")
    said(page, "Live: candidate #2 0%, stable #1 100%.")


def test_ids_and_commands_are_copied_whole(visitors, shop):
    make_user("maya")
    visitor = visitors(permissions=["clipboard-read", "clipboard-write"])
    visitor.enter()
    page = visitor.open("/workers/shop/")
    version = shop.versions.get(number=1)
    page.get_by_role("button", name=f"Copy id {version.id}").first.click()
    page.locator("#announce", has_text="Copied").wait_for(state="attached")
    assert page.evaluate("navigator.clipboard.readText()") == str(version.id)
    page.get_by_role("button", name="As command").click()
    page.get_by_role("button", name="Copy wrangler").click()
    text = "(await navigator.clipboard.readText())"
    until(page, f"async () => {text}.startsWith('export CLOUDFLARE_API_BASE_URL=http://')")
    until(page, f"async () => {text}.includes('\\nnpx wrangler versions deploy')")


def test_a_toast_is_spoken_and_dismissed(maya, shop):
    page = maya.open("/workers/shop/")
    page.get_by_role("button", name="Stage #2 at 0%").click()
    page.locator("#announce", has_text="Live: candidate #2 0%").wait_for(state="attached")
    page.keyboard.press("F8")
    assert page.evaluate("document.activeElement.className") == "toast"
    page.get_by_role("button", name="Dismiss").click()
    expect(page.locator(".toast")).to_have_count(0)


def test_the_list_filters_as_one_types(maya, shop):
    make_worker("pricing")
    page = maya.open("/workers/")
    page.get_by_label("Filter by name, hostname, tag or id").type("pri")
    page.locator("#w-shop").wait_for(state="detached")
    expect(page.locator("#w-pricing")).to_have_count(1)
    assert "?q=pri" in page.url
    page.go_back()
    page.locator("#w-shop").wait_for()
    expect(page.get_by_role("heading", name="Workers").first).to_be_attached()
