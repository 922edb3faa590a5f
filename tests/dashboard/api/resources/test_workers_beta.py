"""The newer resource of Workers, `workers/workers`, and its versions."""

import base64

import pytest
from django.conf import settings
from django.utils import timezone

from routing.models import CustomDomain, Version, Worker, WorkerRoute
from tests.dashboard.api.conftest import METADATA, Api
from tests.factories import CODE

SCRIPT = "/workers/scripts/shop"
SDK = {"User-Agent": "cloudflare-python"}
"""wrangler gets no URL with a port."""


def json_upload(**more):
    content = base64.b64encode(CODE).decode()
    module = {
        "name": "index.js",
        "content_type": "application/javascript+module",
        "content_base64": content,
    }
    return METADATA | {"modules": [module]} | more


def test_a_worker_can_be_made_before_its_first_version(api: Api):
    made = api("POST", "/workers/workers", {"name": "shop", "tags": ["a"]}).result
    assert made["deployed_on"] is None and made["tags"] == ["a"]
    assert made["subdomain"]["url"] == f"http://shop.{settings.DOMAIN}:{settings.EDGE_PORT}"
    assert made["subdomain"]["preview_url_suffix"].startswith("-shop.")
    assert api("GET", f"/workers/workers/{made['id']}", headers=SDK).result == made
    assert api("POST", "/workers/workers", {"name": "shop"}).refusal == (409, 10035)
    assert api("GET", "/workers/services/shop").status == 200
    assert api("GET", "/workers/scripts").result[0]["id"] == "shop"


def test_versions_as_json(api: Api):
    api("POST", "/workers/workers", {"name": "shop"})
    first = api("POST", "/workers/workers/shop/versions", json_upload()).result
    assert first["number"] == 1
    assert first["urls"] == [f"http://{first['id'][:8]}-shop.localhost:8787"]
    assert api("GET", SCRIPT + "/deployments").result["deployments"] == []
    second = api("POST", "/workers/workers/shop/versions?deploy=true", json_upload()).result
    live = api("GET", SCRIPT + "/deployments").result["deployments"][0]
    assert live["versions"][0]["version_id"] == second["id"]
    latest = api("GET", "/workers/workers/shop/versions/latest?include=modules").result
    assert base64.b64decode(latest["modules"][0]["content_base64"]) == CODE
    assert api("GET", "/workers/workers/shop/versions?page=2").result == []


@pytest.mark.parametrize("content", ["not base64!", "ä"])
def test_a_module_that_is_no_base64_is_refused(api: Api, content: str):
    api("POST", "/workers/workers", {"name": "shop"})
    upload = json_upload()
    upload["modules"][0]["content_base64"] = content
    assert api("POST", "/workers/workers/shop/versions", upload).refusal == (400, 10026)


def test_a_worker_that_is_called_names_its_callers(shop: Api):
    binding = {"name": "SHOP", "type": "service", "service": "shop"}
    shop.put("checkout", METADATA | {"bindings": [binding, binding | {"name": "AGAIN"}]})
    tag = Worker.objects.get(name="checkout").tag
    found = shop("GET", "/workers/workers/shop").result["references"]["workers"]
    assert found == [{"id": tag, "name": "checkout"}]


def test_a_worker_keeps_its_name(shop: Api):
    assert shop("PUT", "/workers/workers/shop", {"name": "new"}).refusal == (400, 10016)
    edited = shop("PATCH", "/workers/workers/shop", {"subdomain": {"enabled": False}}).result
    assert edited["subdomain"]["enabled"] is False


def test_versions_are_neither_changed_nor_deleted(shop: Api):
    path = f"/workers/workers/shop/versions/{Version.objects.get().id}"
    assert shop("PATCH", path, {"env": {}}).refusal == (400, 10026)
    assert shop("DELETE", path).refusal == (400, 10026)
    assert Version.objects.count() == 1


def test_the_newer_list_pages_until_it_is_empty(shop: Api):
    assert [w["name"] for w in shop("GET", "/workers/workers").result] == ["shop"]
    assert shop("GET", "/workers/workers?page=2").result == []
    assert shop("DELETE", "/workers/workers/shop").result is None


def test_workers_are_listed_by_name_or_by_their_last_deployment(api: Api):
    for name in ("c", "a", "b"):
        api.put(name)
    api("POST", "/workers/workers", {"name": "d"})

    def names(query: str) -> str:
        return "".join(item["name"] for item in api("GET", f"/workers/workers{query}").result)

    assert names("") == "abcd" and names("?order_by=name&order=desc") == "dcba"
    assert names("?order_by=deployed_on") == "bacd"
    assert names("?order_by=deployed_on&order=asc") == "cabd"
    assert names("?order_by=updated_on") == "dbac"
    assert names("?order_by=created_on&page=2&per_page=3") == "c"


def test_addresses_of_a_worker_are_in_its_references_and_routes(api: Api):
    api.put("shop")
    worker, now = Worker.objects.get(), timezone.now()
    CustomDomain.objects.create(
        zone="example.com", hostname="shop.example.com", worker=worker, created_at=now
    )
    WorkerRoute.objects.create(
        zone="example.com", pattern="example.com/shop/*", worker=worker, created_at=now
    )
    [item] = api("GET", "/workers/workers").result
    [domain] = item["references"]["domains"]
    assert (domain["hostname"], domain["zone_name"]) == ("shop.example.com", "example.com")
    routes = "/workers/services/shop/environments/production/routes?show_zonename=true"
    [route] = api("GET", routes).result
    assert (route["pattern"], route["zone_name"]) == ("example.com/shop/*", "example.com")
    assert api("GET", routes.replace("shop/", "none/")).refusal == (404, 10090)
    assert api("GET", routes.replace("production", "staging")).refusal == (404, 10090)
