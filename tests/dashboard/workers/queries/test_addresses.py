"""Where a single version can be looked at; that it is not the production path; the switch."""

import pytest

from routing.models import AuditEntry, Worker
from tests.factories import make_deployment, make_draft, make_version, make_worker
from tests.markup import squeezed

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(db):
    worker = make_worker("shop")
    make_deployment(worker)
    return worker


def page(client, version):
    answer = client.get(f"/workers/{version.worker.name}/versions/{version.id}/")
    return answer.content.decode()


def aliased(worker, alias="pr-1"):
    return make_version(worker, make_draft(annotations={"workers/alias": alias}))


def test_a_version_is_shown_with_its_addresses_and_what_they_are_not(vera, shop):
    version = aliased(shop)
    html = page(vera, version)
    assert f'href="http://{version.short_id}-shop.localhost:8787"' in html
    assert 'href="http://pr-1-shop.localhost:8787"' in html
    assert "Not the production path" in html
    words = "send a request with an<b>override</b>to shop.localhost, once it is staged"
    assert words in squeezed(html)


def test_a_live_version_leads_to_the_override(vera, shop):
    assert "Send with override" in page(vera, shop.versions.get())


def test_an_alias_that_a_newer_version_took_is_said(vera, shop):
    older, newer = aliased(shop), aliased(shop)
    html = page(vera, older)
    assert 'href="http://pr-1-shop' not in html
    assert f'href="/workers/shop/versions/{newer.id}/">#{newer.number}</a>now' in squeezed(html)


def test_the_menu_of_a_version_opens_its_address(vera, shop):
    version = shop.versions.get()
    menu = vera.get(f"/workers/shop/versions/{version.id}/menu/").content.decode()
    assert f"http://{version.short_id}-shop.localhost:8787" in menu


def test_a_worker_that_headers_cannot_name_offers_no_override(vera, db):
    version = make_worker("7up").versions.get()
    html = page(vera, version)
    assert f"{version.short_id}-7up.localhost" in html and "<b>override</b>" not in html


def test_a_name_that_is_too_long_says_so(vera, db):
    html = page(vera, make_worker("w" * 60).versions.get())
    assert "too long for an address by id" in html


def test_operators_switch_them_off_and_on_for_all_versions(maya, shop):
    version = shop.versions.get()
    address = f"/workers/shop/versions/{version.id}/addresses/"
    answer = maya.post(address, {"on": "0"}, follow=True)
    html = answer.content.decode()
    assert "Versions of shop no longer have addresses of their own." in html
    assert "preview_urls" in html and f"http://{version.short_id}-shop" not in html
    worker = Worker.objects.get()
    assert (worker.previews_enabled, worker.subdomain_enabled) == (False, True)
    entry = AuditEntry.objects.filter(action="worker.subdomain").get()
    assert (entry.source, entry.after["previews_enabled"]) == ("dashboard", False)
    maya.post(address, {"on": "1"})
    assert Worker.objects.get().previews_enabled


def test_operators_switch_a_workers_own_address_on_again(maya, vera, shop):
    Worker.objects.update(subdomain_enabled=False)
    assert 'action="/workers/shop/address/"' not in vera.get("/workers/shop/").content.decode()
    assert vera.post("/workers/shop/address/", {"on": "1"}).status_code == 403
    assert 'action="/workers/shop/address/"' in maya.get("/workers/shop/").content.decode()
    answer = maya.post("/workers/shop/address/", {"on": "1"}, follow=True)
    assert 'href="http://shop.localhost:8787/"' in answer.content.decode()
    assert 'action="/workers/shop/address/"' not in answer.content.decode()
    assert Worker.objects.get().subdomain_enabled
    assert AuditEntry.objects.get(action="worker.subdomain").after["enabled"] is True


def test_an_alias_that_a_worker_took_the_address_of_is_said_on_both_pages(vera, shop):
    version = aliased(shop, "staging")
    make_worker("staging-shop")
    html = page(vera, version)
    assert "http://staging-shop.localhost" not in html
    assert "The alias staging has no address: the Worker staging-shop answers there." in html
    other = vera.get("/workers/staging-shop/").content.decode()
    assert f'href="/workers/shop/versions/{version.id}/"' in other


def test_viewers_do_not_switch(vera, shop):
    address = f"/workers/shop/versions/{shop.versions.get().id}/addresses/"
    assert vera.post(address, {"on": "0"}).status_code == 403
    assert Worker.objects.get().previews_enabled
    assert vera.get(address).status_code in (403, 405)
