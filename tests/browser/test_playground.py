"""The playground in a browser, against a stand-in for an edge on loopback."""

import re

import pytest
from playwright.sync_api import expect

from dashboard.accounts.models import Role
from routing.models import Edge, Worker
from tests.dashboard.playground.fake_edge import RAY, fake_edge
from tests.factories import make_deployment, make_edge, make_invocation, make_user, make_worker

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def listener():
    with fake_edge() as server:
        yield server


@pytest.fixture
def shop(transactional_db, listener):
    """#1 at 100%, #2 at 0%, #3 in no deployment; the edge logs #2 by override."""
    worker = make_worker("shop", versions=3)
    one, two, _ = worker.versions.order_by("number")
    make_deployment(worker, (one, 100))
    made = make_deployment(worker, (two, 0), (one, 100))
    edge = make_edge(proof_url=listener.url, applied_revision=made.revision)
    make_invocation(
        edge, made, ray=RAY, version_id=str(two.id), reason="override", override="applied"
    )
    return worker


def test_pick_predict_send_and_proof(maya, shop, listener):
    page = maya.open("/playground/?worker=shop")
    page.get_by_label("shop", exact=True).select_option(str(shop.versions.get(number=2).id))
    page.get_by_text("Will be applied").wait_for()
    page.get_by_label("Path and query").fill("/cart?x=1")
    page.keyboard.press("Control+Enter")
    page.locator(".banner", has_text="Ran candidate").wait_for()
    expect(page.get_by_text("As predicted.").first).to_be_attached()
    assert page.url.endswith("?worker=shop")  # the page stayed
    page.locator("#announce", has_text="Ran candidate").wait_for(state="attached")
    assert listener.requests[0][1] == "/cart?x=1"
    assert maya.axe() == []


def test_a_mismatch_is_loud(maya, shop):
    page = maya.open("/playground/?worker=shop")
    page.get_by_role("button", name="Send", exact=True).first.click()
    page.locator(".mismatch", has_text="Not as predicted").wait_for()
    assert maya.axe() == []


def test_a_missing_log_line_can_be_looked_for_again(maya, shop, listener):
    listener.headers = [("cf-ray", "0000000000000000-DEV")]
    page = maya.open("/playground/?worker=shop")
    page.get_by_role("button", name="Send", exact=True).first.click()
    page.get_by_text("log line has not arrived yet").wait_for()
    assert maya.axe() == []
    made = shop.deployments.newest_first().first()
    stable = str(shop.versions.get(number=1).id)
    make_invocation(Edge.objects.get(), made, ray="0000000000000000-DEV", version_id=stable)
    page.get_by_role("link", name="Look again").click()
    page.locator(".banner", has_text="Ran stable").wait_for()


def test_the_verdict_follows_the_typing_and_a_fix_is_one_click(maya, shop):
    page = maya.open("/playground/?worker=shop")
    page.get_by_text("Raw header", exact=True).click()
    page.get_by_label("Cloudflare-Workers-Version-Overrides").fill("shop=abc")
    page.get_by_text("not_a_string", exact=True).wait_for()
    page.get_by_role("button", name="Put the id in quotes").click()
    page.get_by_text("unknown_version", exact=True).wait_for()
    field = page.get_by_label("Cloudflare-Workers-Version-Overrides")
    expect(field).to_have_value('shop="abc"')
    assert maya.axe() == []


def test_what_is_on_the_screen_is_copied_and_survives_staging(maya, shop):
    page = maya.open("/playground/?worker=shop")
    page.get_by_label("Path and query").fill("/ü{a,b}?x=1")
    page.get_by_role("button", name="curl", exact=True).click()
    copy = page.get_by_role("button", name="Copy curl")
    address = "'http://shop.localhost:8787/%C3%BC%7Ba,b%7D?x=1'"
    expect(copy).to_have_attribute("data-copy", re.compile(re.escape(address)))
    assert maya.axe() == []
    page.keyboard.press("Escape")
    with page.expect_response("**/playground/verdict/"):
        staged = str(shop.versions.get(number=3).id)
        page.get_by_label("shop", exact=True).select_option(staged)
    page.get_by_role("button", name="Add at 0%").click()
    page.wait_for_url("**/workers/shop/split/**")
    page.locator("[data-send]").click()
    page.wait_for_url("**/playground/?worker=shop&draft=1")
    assert page.get_by_label("Path and query").input_value() == "/ü{a,b}?x=1"
    page.locator(
        '#verdict [data-outcome="applied"], #verdict [data-outcome="not_propagated"]'
    ).wait_for()


def test_curly_quotes_and_semicolons_are_one_click(maya, shop):
    page = maya.open("/playground/?worker=shop")
    page.get_by_text("Raw header", exact=True).click()
    field = page.get_by_label("Cloudflare-Workers-Version-Overrides")
    two = str(shop.versions.get(number=2).id)
    field.fill(f"Cloudflare-Workers-Version-Overrides: shop=“{two}”")
    page.get_by_role("button", name="Leave out the name").click()
    page.get_by_text("Will be applied").wait_for()
    assert field.input_value() == f'shop="{two}"'
    field.fill(f"shop=“{two}”")
    page.locator(".header-line mark", has_text="“").wait_for()
    page.get_by_role("button", name="Use plain quotes").click()
    page.get_by_text("Will be applied").wait_for()
    field.fill(f'shop="{two}"; pricing="{two}"')
    page.get_by_text("after a semicolon is no Worker").wait_for()
    assert maya.axe() == []
    page.get_by_role("button", name="Use a comma").click()
    page.get_by_text("after a semicolon").wait_for(state="detached")


def test_a_slow_click_on_a_fix_counts(maya, shop):
    """Leaving the field must not replace the button while it is pressed."""
    page = maya.open("/playground/?worker=shop")
    page.get_by_text("Raw header", exact=True).click()
    field = page.get_by_label("Cloudflare-Workers-Version-Overrides")
    field.click()
    two = str(shop.versions.get(number=2).id)
    page.keyboard.type(f"shop={two}")
    page.get_by_role("button", name="Put the id in quotes").hover()
    page.mouse.down()
    page.wait_for_timeout(500)
    page.mouse.up()
    page.get_by_text("Will be applied").wait_for()
    assert field.input_value() == f'shop="{two}"'


def test_a_slow_answer_about_an_older_text_is_given_up(maya, shop):
    page = maya.open("/playground/?worker=shop")
    page.get_by_text("Raw header", exact=True).click()
    field = page.get_by_label("Cloudflare-Workers-Version-Overrides")
    page.route("**/playground/verdict/", lambda route: None, times=1)  # never answered
    with page.expect_request("**/playground/verdict/"):
        field.fill("shop=abc")
    with page.expect_event("requestfailed") as given_up:
        field.fill('shop="abc"')
    page.get_by_text("unknown_version", exact=True).wait_for()
    assert given_up.value.url.endswith("/playground/verdict/")


def test_sending_right_after_typing_is_not_lost(maya, shop, listener):
    page = maya.open("/playground/?worker=shop")
    page.get_by_label("Version key").type("user-1")
    page.get_by_role("button", name="Send", exact=True).first.click()
    page.locator(".banner").wait_for()
    assert len(listener.requests) == 1


def test_choosing_another_worker_loads_its_versions(maya, shop):
    make_deployment(make_worker("pricing"))
    page = maya.open("/playground/?worker=shop")
    page.get_by_label("Worker", exact=True).select_option("pricing")
    page.wait_for_url("**/playground/?worker=pricing")
    [version] = Worker.objects.get(name="pricing").versions.all()
    expect(page.locator("main")).to_contain_text(str(version.id)[:8], use_inner_text=True)


def test_it_works_without_scripts(visitors, shop, listener):
    make_user("vera", Role.VIEWER)
    visitor = visitors(java_script_enabled=False)
    visitor.enter("vera")
    page = visitor.open(f"/playground/?worker=shop&version={shop.versions.get(number=2).id}")
    page.get_by_text("Will be applied").wait_for()
    page.get_by_label("Path and query").fill("/now")
    page.get_by_role("button", name="curl, fetch, httpx").click()
    commands = page.get_by_role("region", name="The request as a command")
    expect(commands).to_contain_text("/now", use_inner_text=True)
    page.get_by_role("button", name="Send", exact=True).first.click()
    page.locator(".banner", has_text="Ran candidate").wait_for()
    assert [target for _, target, _, _ in listener.requests] == ["/now"]


def test_a_session_that_ended_leads_to_the_sign_in_page(maya, shop):
    page = maya.open("/playground/?worker=shop")
    maya.context.clear_cookies(name="sessionid")
    page.get_by_label("Version key").type("x")
    page.wait_for_url("**/accounts/login/**")
    expect(page.get_by_label("Password")).to_be_visible()
