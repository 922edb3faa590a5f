"""Zones, routes and custom domains, as wrangler and the SDKs set them."""

import pytest

from dashboard.accounts.models import Role
from routing.control.publish import publish
from routing.models import AuditEntry, CustomDomain, WorkerRoute
from routing.rules.addresses.zones import zone_id
from tests.dashboard.api.conftest import Answer, Api
from tests.factories import make_user

SCRIPT = "/workers/scripts/shop"
EXAMPLE = zone_id("example.com")


@pytest.fixture
def shop(api: Api, settings) -> Api:
    settings.ZONES = ("example.com", "example.org")
    assert api.put().status == 200
    return api


def zone(api: Api, method: str, path: str, body: object = b"") -> Answer:
    return Answer(api.raw(method, f"/zones{path}", body))


def routes_of(worker: str) -> list[str]:
    return sorted(WorkerRoute.objects.filter(worker__name=worker).values_list("pattern", flat=True))


def published(worker: str = "shop"):
    return next(spec for spec in publish().workers if spec.name == worker)


def test_zones_are_found_by_name_and_id(shop):
    [item] = zone(shop, "GET", "?name=example.com&account.id=x").result
    assert (item["id"], item["name"], item["status"]) == (EXAMPLE, "example.com", "active")
    assert zone(shop, "GET", "?name=www.example.com").result == []
    assert len(zone(shop, "GET", "").result) == 2 and zone(shop, "GET", "?page=2").result == []
    assert zone(shop, "GET", f"/{EXAMPLE}").result["name"] == "example.com"
    assert zone(shop, "GET", f"/{'0' * 32}").refusal == (404, 1001)


def test_wrangler_is_told_which_zones_there_are(shop):
    answer = zone(shop, "GET", "?name=example.net")
    assert answer.refusal == (400, 1001)
    assert "example.com, example.org" in answer.message and "SLUICE_ZONES" in answer.message
    sdk = Api(make_user("bob", Role.ADMIN), ["deploy"], agent="cloudflare/5")
    assert zone(sdk, "GET", "?name=example.net").result == []


def test_all_routes_of_a_worker_are_set_at_once(shop):
    given = [
        {"pattern": "example.com/a*"},
        {"pattern": "*.example.com/*", "zone_name": "example.com"},
        {"pattern": "example.org/*", "zone_id": zone_id("example.org")},
    ]
    answer = shop("PUT", f"{SCRIPT}/routes", given)
    assert {item["script"] for item in answer.result} == {"shop"} and len(answer.result) == 3
    assert published().routes == ("*.example.com/*", "example.com/a*", "example.org/*")
    revision = publish().revision
    shop("PUT", f"{SCRIPT}/routes", given)
    assert publish().revision == revision  # nothing changed
    shop("PUT", f"{SCRIPT}/routes", given[:1])
    assert routes_of("shop") == ["example.com/a*"]
    entry = AuditEntry.objects.filter(action="worker.addresses").latest("pk")
    assert entry.after == {"routes": ["example.com/a*"], "domains": []}


@pytest.mark.parametrize(
    ("pattern", "refusal"),
    [
        ({"pattern": "example.net/*"}, (400, 1001)),
        ({"pattern": "example.com/*", "zone_name": "example.net"}, (400, 10022)),
        ({"pattern": "example.com/*", "zone_id": "0" * 32}, (400, 10022)),
        ({"pattern": "example.com/*.jpg"}, (400, 10022)),
        ({"pattern": "shop.localhost/*"}, (400, 10022)),
        ({"pattern": "example.com/taken"}, (409, 10020)),
    ],
)
def test_a_refused_route_changes_nothing(shop, pattern, refusal):
    shop.put("other")
    zone(
        shop,
        "POST",
        f"/{EXAMPLE}/workers/routes",
        {"pattern": "example.com/taken", "script": "other"},
    )
    shop("PUT", f"{SCRIPT}/routes", [{"pattern": "example.com/old"}])
    shop("POST", f"{SCRIPT}/subdomain", {"enabled": False})
    answer = shop("PUT", f"{SCRIPT}/routes", [{"pattern": "example.com/new"}, pattern])
    assert answer.refusal == refusal and "shop.localhost stays switched on" in answer.message
    assert routes_of("shop") == ["example.com/old"]
    assert shop("GET", f"{SCRIPT}/subdomain").result["enabled"] is True


def test_routes_of_a_zone(shop):
    path = f"/{EXAMPLE}/workers/routes"
    made = zone(shop, "POST", path, {"pattern": "example.com/*", "script": "shop"}).result
    off = zone(shop, "POST", path, {"pattern": "example.com/off/*"}).result
    assert (made["script"], off["script"]) == ("shop", None)
    assert publish().disabled_routes == ("example.com/off/*",)
    assert [r["pattern"] for r in zone(shop, "GET", path).result] == [
        "example.com/*",
        "example.com/off/*",
    ]
    assert zone(shop, "POST", path, {"pattern": "example.com/*"}).refusal == (409, 10020)
    assert zone(shop, "POST", path, {"pattern": "example.org/*"}).refusal == (400, 10022)
    assert zone(shop, "POST", path, {"pattern": "example.com/x", "script": "no"}).refusal[0] == 404
    before = publish().revision
    changed = zone(
        shop, "PUT", f"{path}/{off['id']}", {"pattern": "example.com/on", "script": "shop"}
    )
    assert (changed.result["pattern"], changed.result["script"]) == ("example.com/on", "shop")
    change = publish(since=before)
    assert change.disabled_routes == () and [w.name for w in change.workers] == ["shop"]
    assert zone(shop, "DELETE", f"{path}/{off['id']}").result == {"id": off["id"]}
    assert zone(shop, "GET", f"{path}/{off['id']}").refusal == (404, 10008)
    assert published().routes == ("example.com/*",)


def test_custom_domains_as_wrangler_sets_them(shop):
    origins = [{"hostname": "App.example.com", "zone_name": "example.com"}]
    changes = shop("POST", f"{SCRIPT}/domains/changeset?replace_state=true", origins).result
    assert changes["added"] == [{"hostname": "app.example.com"}] and changes["removed"] == []
    assert not CustomDomain.objects.exists()
    shop("PUT", f"{SCRIPT}/domains/records", {"origins": origins})
    assert published().hostnames == ("shop.localhost", "app.example.com")
    [item] = shop("GET", "/workers/domains?service=shop").result
    assert (item["hostname"], item["zone_id"]) == ("app.example.com", EXAMPLE)
    assert shop("GET", f"/workers/domains/records/{item['id']}").result == item
    given = {"hostname": " App.Example.com.", "service": "shop"}
    assert shop("PUT", "/workers/domains", given).result == item
    shop("PUT", f"{SCRIPT}/domains/records", {"origins": [{"hostname": "b.example.com"}]})
    assert published().hostnames == ("shop.localhost", "b.example.com")
    [item] = shop("GET", "/workers/domains").result
    assert shop("DELETE", f"/workers/domains/{item['id']}").result is None
    assert published().hostnames == ("shop.localhost",)


def test_a_domain_moves_unless_it_is_the_only_address_of_its_worker(shop):
    shop.put("other")
    shop("PUT", "/workers/domains", {"hostname": "app.example.com", "service": "other"})
    origins = {"origins": [{"hostname": "app.example.com"}]}
    assert shop("PUT", f"{SCRIPT}/domains/records", origins).refusal == (409, 10020)
    moving = origins | {"override_existing_origin": True}
    shop("POST", "/workers/scripts/other/subdomain", {"enabled": False})
    refused = shop("PUT", f"{SCRIPT}/domains/records", moving)
    assert refused.refusal == (409, 10020) and "only address of the Worker other" in refused.message
    changes = shop("POST", f"{SCRIPT}/domains/changeset", origins["origins"]).result
    assert [(d["service"], d["modified"]) for d in changes["updated"]] == [("other", True)]
    shop("POST", "/workers/scripts/other/subdomain", {"enabled": True})
    [moved] = shop("PUT", f"{SCRIPT}/domains/records", moving).result
    assert moved["service"] == "shop" and published("other").hostnames == ("other.localhost",)


def test_a_limited_token_moves_no_domain_of_another_worker(shop):
    shop.put("other")
    shop("PUT", "/workers/domains", {"hostname": "app.example.com", "service": "other"})
    shop.token.workers = ["shop"]
    shop.token.save()
    moving = {"origins": [{"hostname": "app.example.com"}], "override_existing_origin": True}
    assert shop("PUT", f"{SCRIPT}/domains/records", moving).refusal == (409, 10020)
    assert (
        zone(shop, "POST", f"/{EXAMPLE}/workers/routes", {"pattern": "example.com/"}).status == 403
    )


@pytest.mark.parametrize("pattern", ["app.example.com/login", "*.example.com/*", "b.example.org/"])
def test_a_limited_token_adds_nothing_to_a_host_of_another_worker(shop, pattern):
    shop.put("other")
    shop("PUT", "/workers/domains", {"hostname": "app.example.com", "service": "other"})
    shop("PUT", "/workers/scripts/other/routes", [{"pattern": "*.example.org/*"}])
    shop.token.workers = ["shop"]
    shop.token.save()
    refused = shop("PUT", f"{SCRIPT}/routes", [{"pattern": pattern}])
    assert refused.refusal == (403, 9109) and "The Worker other answers" in refused.message
    domain = {"origins": [{"hostname": "b.example.org"}]}
    assert shop("PUT", f"{SCRIPT}/domains/records", domain).refusal == (403, 9109)
    assert shop("PUT", f"{SCRIPT}/routes", [{"pattern": "free.example.com/*"}]).status == 200


@pytest.mark.parametrize("more", [{"previews_enabled": True}, {"enabled": False}])
def test_switches_of_a_domain_are_refused_by_name(shop, more):
    origins = {"origins": [{"hostname": "app.example.com", **more}]}
    assert shop("PUT", f"{SCRIPT}/domains/records", origins).refusal == (400, 90001)


def test_a_deleted_worker_has_no_addresses(shop):
    shop("PUT", f"{SCRIPT}/routes", [{"pattern": "example.com/*"}])
    shop("PUT", "/workers/domains", {"hostname": "app.example.com", "service": "shop"})
    shop("DELETE", f"{SCRIPT}?force=true")
    assert not WorkerRoute.objects.exists() and not CustomDomain.objects.exists()
