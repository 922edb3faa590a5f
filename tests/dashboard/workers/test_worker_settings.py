"""Settings of a Worker: its addresses, what tools need, and its end."""

import pytest

from dashboard.accounts.models import Role
from routing.agent.inspection.inspection import Inspection
from routing.models import AuditEntry, Worker
from routing.snapshot import BindingSpec, Export
from tests.factories import make_deployment, make_draft, make_user, make_version, make_worker


@pytest.fixture
def shop(db) -> Worker:
    worker = make_worker("shop")
    make_deployment(worker, (worker.versions.get(), 100))
    return worker


@pytest.fixture
def ada(client, db):
    client.force_login(make_user("ada", Role.ADMIN))
    return client


def live(worker: Worker) -> str:
    return str(worker.deployments.newest_first()[0].id)


def delete(client, worker: Worker, **fields: str):
    given = {"name": worker.name, "expected": live(worker)} | fields
    return client.post(f"/workers/{worker.name}/settings/delete/", given)


def test_tools_get_the_account_and_the_address_but_no_token(maya, shop, settings):
    html = maya.get("/workers/shop/settings/").content.decode()
    assert f"export CLOUDFLARE_ACCOUNT_ID={settings.ACCOUNT_ID}" in html
    assert "export CLOUDFLARE_API_BASE_URL=http://testserver/client/v4" in html
    assert "make one under People &amp; tokens" in html  # a place for it, and not the secret
    assert "npx wrangler deploy --name shop" in html


def test_both_switches_work_alone_and_are_audited(maya, shop):
    maya.post("/workers/shop/settings/previews/", {"on": "0"})
    shop.refresh_from_db()
    assert (shop.subdomain_enabled, shop.previews_enabled) == (True, False)
    maya.post("/workers/shop/address/", {"on": "0"})
    shop.refresh_from_db()
    assert (shop.subdomain_enabled, shop.previews_enabled) == (False, False)
    html = maya.get("/workers/shop/settings/").content.decode()
    assert "Service bindings still reach it" in html and "no version has an address" in html
    maya.post("/workers/shop/address/", {"on": "1"})
    shop.refresh_from_db()
    assert (shop.subdomain_enabled, shop.previews_enabled) == (True, False)
    assert AuditEntry.objects.filter(action="worker.subdomain", subject="shop").count() == 3


def test_deleting_takes_the_name_and_is_audited(ada, shop):
    wrong = delete(ada, shop, name="shopp")
    assert wrong.status_code == 422 and "Type shop to delete it" in wrong.content.decode()
    assert Worker.objects.filter(name="shop").exists()
    assert delete(ada, shop).url == "/workers/"
    assert not Worker.objects.filter(name="shop").exists()
    entry = AuditEntry.objects.get(action="worker.delete")
    assert (entry.subject, entry.actor) == ("shop", "ada")


def test_what_was_deployed_meanwhile_is_not_deleted_unseen(ada, shop):
    opened = live(shop)
    make_deployment(shop, (make_version(shop), 100), author=make_user("jonas"))
    response = delete(ada, shop, expected=opened)
    html = response.content.decode()
    assert response.status_code == 409 and "jonas deployed meanwhile" in html
    assert f'name="expected" value="{live(shop)}"' in html
    assert delete(ada, shop, expected="nonsense").status_code == 409
    assert Worker.objects.filter(name="shop").exists()
    assert delete(ada, shop).status_code == 302


def test_a_worker_that_others_call_needs_one_more_consent(ada, shop):
    binding = BindingSpec(name="SHOP", type="service", options={"service": "shop"})
    caller = make_version("front", make_draft(bindings=[binding])).worker
    make_deployment(caller, (caller.versions.get(), 100))
    html = ada.get("/workers/shop/settings/").content.decode()
    assert "Other Workers call it: front" in html
    assert delete(ada, shop).status_code == 422
    assert Worker.objects.filter(name="shop").exists()
    assert delete(ada, shop, force="on").status_code == 302


def test_only_admins_delete(maya, vera, shop):
    assert delete(maya, shop).status_code == 403
    html = maya.get("/workers/shop/settings/").content.decode()
    assert 'disabled aria-describedby="why-no-delete"' in html
    assert vera.post("/workers/shop/settings/previews/", {"on": "0"}).status_code == 403
    assert Worker.objects.filter(name="shop").exists()


def test_tail_workers_are_chosen_and_refused_ones_come_back(maya, vera, shop):
    url = "/workers/shop/settings/tails/"
    exports = (Export(name="default", kind="object", handlers=("tail",)),)
    make_version("logs", inspect=lambda *_, **__: Inspection(exports, 1))
    html = maya.get("/workers/shop/settings/").content.decode()
    assert 'name="service" value="logs"' in html
    assert maya.post(url, {"service": ["logs"]}).status_code == 302
    assert Worker.objects.get(name="shop").settings["tail_consumers"] == [{"service": "logs"}]
    html = vera.get("/workers/logs/settings/").content.decode()
    assert 'data-producers="shop"' in html
    refused = maya.post(url, {"service": ["ghost"]})
    assert refused.status_code == 422 and 'value="ghost" checked' in refused.content.decode()
    assert vera.post(url, {"service": []}).status_code == 403
    maya.post(url, {})
    assert Worker.objects.get(name="shop").settings["tail_consumers"] == []
