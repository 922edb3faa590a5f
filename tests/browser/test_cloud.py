"""Cloudflare accounts in a real browser: this server is connected to its own API over loopback."""

from urllib.parse import urlsplit

import pytest
from django.core.cache import cache
from django.utils import timezone
from playwright.sync_api import expect

from dashboard.accounts.actor import Actor
from dashboard.accounts.models import Role
from dashboard.accounts.tokens import create_token
from dashboard.cloud.accounts.connect import connect, follow
from dashboard.rollouts.decisions.plan import Plan, parse_steps
from dashboard.rollouts.remote.start import start
from routing.models import Deployment
from tests.dashboard.playground.cloud.conftest import front  # noqa: F401
from tests.factories import make_deployment, make_traffic, make_user, make_worker

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def other(transactional_db, live_server, settings):
    """The address of the API, and a token of an operator there."""
    cache.clear()
    make_user("root", Role.ADMIN)
    port = urlsplit(live_server.url).port
    settings.CLOUD_HOSTS = frozenset({"127.0.0.1"})
    settings.CLOUD_LOOPBACK_PORTS = frozenset({port})
    worker = make_worker("checkout-api", versions=2)
    new, old = worker.versions.newest_first()
    make_deployment(worker, (old, 100), message="Round VAT per line", source="wrangler")
    make_deployment(worker, (new, 10), (old, 90), message="Small step", source="wrangler")
    make_traffic("checkout-api", 130, version_id=new.id, minutes_ago=4)
    make_traffic("checkout-api", 1170, version_id=old.id, minutes_ago=4)
    _, token = create_token(
        user=make_user("lena", Role.OPERATOR), name="sluice", scopes=["read", "deploy"]
    )
    return f"http://127.0.0.1:{port}/client/v4", token


@pytest.fixture
def connected(other):
    url, token = other
    by = Actor(None, "shell", timezone.now())
    account = connect(slug="shop-prod", token=token, base_url=url, account_id="", by=by)
    follow(account, {"checkout-api": ""}, by)
    return account


def rolling_out(account):
    """A rollout that takes over the candidate at 10%."""
    newest = Deployment.objects.newest_first()[0].worker.versions.newest_first()[0]
    plan = Plan(parse_steps("10:10m,50:10m,100"))
    by = Actor(None, "shell", timezone.now())
    return start(account, "checkout-api", str(newest.id), plan, by)


@pytest.mark.parametrize(("theme", "width"), [("light", 1440), ("dark", 390)])
def test_axe_finds_nothing_and_nothing_spills(visitors, connected, theme, width):
    visitor = visitors(color_scheme=theme, viewport={"width": width, "height": 900})
    visitor.enter("root")
    worker = "shop-prod/workers/checkout-api/"
    rollout = rolling_out(connected).get_absolute_url().removeprefix("/cloudflare/")
    pages = ("", "connect/", "shop-prod/", worker, f"{worker}log/", f"{worker}rollouts/", rollout)
    for path in pages:
        visitor.open(f"/cloudflare/{path}")
        assert visitor.axe() == [] and not visitor.spills(), path


def test_connect_follow_and_step_up_between_two_sluices(visitors, other):
    url, token = other
    visitor = visitors()
    visitor.enter("root")
    page = visitor.open("/cloudflare/")
    page.get_by_role("link", name="Connect an account").click()
    page.get_by_label("Name here").fill("shop-prod")
    page.get_by_label("Token from").fill(token)
    page.get_by_text("More", exact=True).click()
    page.get_by_label("API address").fill(url)
    page.get_by_role("button", name="Connect").click()
    page.locator('[data-check="counts"][data-state="works"]').wait_for()
    page.get_by_label("Follow checkout-api").check()
    page.get_by_role("button", name="Save").click()
    page.locator('[data-worker="checkout-api"][data-followed="yes"]').wait_for()
    page.get_by_role("link", name="checkout-api").click()
    page.get_by_label("Its percentage").fill("25")
    page.get_by_role("button", name="Deploy").click()
    live = page.locator('#history [data-ours="yes"]')
    expect(live).to_contain_text("at 25%")
    assert Deployment.objects.newest_first()[0].shares.count() == 2


def test_a_deployment_from_elsewhere_appears_while_the_page_is_open(visitors, connected):
    visitor = visitors()
    visitor.enter("root")
    page = visitor.open("/cloudflare/shop-prod/workers/checkout-api/")
    page.locator("#live").wait_for()
    worker = Deployment.objects.newest_first()[0].worker
    newest, old = worker.versions.newest_first()
    page.get_by_label("Version", exact=True).select_option(str(old.id))
    page.get_by_label("Its percentage").fill("100")
    make_deployment(worker, (newest, 100), message="By hand", source="wrangler")
    expect(page.locator("#history")).to_contain_text("By hand", timeout=15_000)
    # What was typed stays, and is deployed on condition that what the page now shows is live.
    page.get_by_role("button", name="Deploy", exact=True).click()
    expect(page.locator('#history [data-ours="yes"]')).to_contain_text("at 100%")


def test_a_version_at_0_percent_is_proved_from_the_playground(
    visitors,
    connected,
    front,  # noqa: F811
    settings,
):
    worker = Deployment.objects.newest_first()[0].worker
    new, old = worker.versions.newest_first()
    make_deployment(worker, (new, 0), (old, 100))
    settings.CLOUD_LOOPBACK_PORTS = settings.CLOUD_LOOPBACK_PORTS | {
        urlsplit(connected.base_url).port
    }
    front.worker, front.stable = "checkout-api", str(old.id)
    front.open_tail(connected)
    visitor = visitors()
    visitor.enter("root")
    page = visitor.open("/cloudflare/shop-prod/workers/checkout-api/")
    page.get_by_role("link", name="Send a request").click()
    page.wait_for_url("**/playground/**")  # loaded: scripts see no earlier choice
    page.locator("#version-checkout-api").select_option(str(new.id))
    page.locator('[data-outcome="applied"]').wait_for()
    page.locator("[data-send]").click()
    proved = f'#proof[data-rank="proved"][data-override="applied"][data-version="{new.id}"]'
    page.locator(proved).wait_for()
    assert visitor.axe() == [] and not visitor.spills()
    # The switcher leads to the playground of this machine's edges, by keyboard too.
    page.locator("#switcher").focus()
    page.keyboard.press("Enter")
    page.locator('[data-switch-to^="This machine"]').press("Enter")
    page.wait_for_url("**/playground/")
