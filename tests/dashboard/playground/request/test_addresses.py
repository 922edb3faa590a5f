"""Requests of the playground and links go to an address that reaches the Worker."""

from datetime import timedelta

import pytest
from django.utils import timezone

from dashboard.accounts.models import Role
from dashboard.overrides import links
from dashboard.overrides.links import Actor
from dashboard.playground.predict.predict import live_versions, predict
from dashboard.sending.wire_request import WireRequest
from routing.models import CustomDomain, WorkerRoute
from routing.rules.permissions.permission import COOKIE
from tests.factories import make_deployment, make_user, make_version

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop():
    version = make_version("shop")
    make_deployment(version.worker, (version, 100))
    return version.worker


@pytest.fixture
def page(client):
    client.force_login(make_user("maya", Role.OPERATOR))
    return lambda query="": client.get(f"/playground/?worker=shop{query}").content.decode()


def add(worker, host, pattern=""):
    given = {"zone": "example.com", "worker": worker, "created_at": timezone.now()}
    if pattern:
        return WorkerRoute.objects.create(pattern=pattern, **given)
    return CustomDomain.objects.create(hostname=host, **given)


def test_a_worker_with_one_address_has_no_choice(page, shop):
    assert 'id="host"' not in page()


def test_each_address_can_be_chosen_and_no_other(page, shop):
    add(shop, "app.example.com")
    add(shop, "", "*.example.com/api*")
    html = page()
    assert 'value="shop.localhost" selected' in html and "*.example.com/api*" in html
    html = page("&host=app.example.com")
    assert 'value="app.example.com" selected' in html and "http://app.example.com:" in html
    assert 'value="shop.localhost" selected' in page("&host=other.example.com")


def test_without_its_own_host_name_requests_go_to_a_custom_domain(page, shop):
    shop.subdomain_enabled = False
    shop.save()
    add(shop, "app.example.com")
    assert "http://app.example.com:" in page()


def test_the_host_is_sent():
    wire = WireRequest("shop", "GET", b"/", (), b"", "e", ("127.0.0.1", 1), host="app.example.com")
    assert wire.headers[0] == (b"Host", b"app.example.com")


def test_the_prediction_for_a_links_cookie_is_for_the_chosen_host(shop):
    shop.subdomain_enabled = False
    shop.save()
    add(shop, "app.example.com")
    by = Actor(make_user("ops", Role.OPERATOR), "dashboard", timezone.now())
    shared = links.share(shop.versions.get(), by, lasts=timedelta(hours=1))
    lines = (("Cookie", f"{COOKIE}={shared.token}"),)

    def outcome(host):
        found = predict("shop", lines, *live_versions(shop), host)
        assert found.expected is not None
        return found.expected.outcome

    assert outcome("app.example.com") == "applied"
    assert outcome("other.example.com") != "applied"


def test_a_link_is_for_a_host_that_answers(shop):
    shop.subdomain_enabled = False
    shop.save()
    add(shop, "app.example.com")
    by = Actor(make_user("ops", Role.OPERATOR), "dashboard", timezone.now())
    shared = links.share(shop.versions.get(), by, lasts=timedelta(hours=1))
    assert shared.url.startswith("http://app.example.com:")
