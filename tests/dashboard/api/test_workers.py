"""Settings, subdomain, references, lists, and what is not supported."""

from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.utils import timezone

from dashboard.accounts.models import Role
from routing.agent.inspection.inspection import Inspection
from routing.control import subdomain
from routing.models import AuditEntry, DesiredState, Schedule, Version, Worker
from routing.snapshot import Export
from tests.dashboard.api.conftest import BOUNDARY, METADATA, Answer, Api, form
from tests.factories import make_user, make_version

SCRIPT = "/workers/scripts/shop"


def test_settings_are_merged_and_audited(shop: Api):
    shop("PATCH", SCRIPT + "/script-settings", {"tags": ["a"]})
    result = shop("PATCH", SCRIPT + "/script-settings", {"logpush": True}).result
    assert result["tags"] == ["a"] and result["logpush"] is True
    assert AuditEntry.objects.filter(action="worker.settings").count() == 2
    assert shop("GET", SCRIPT + "/settings").result["compatibility_date"] == "2026-08-01"


def settings_form(given):
    body = form(given).replace(b'name="metadata"', b'name="settings"')
    return {"body": body, "content_type": f"multipart/form-data; boundary={BOUNDARY}"}


SMART = {
    "placement": {"mode": "smart"},
    "limits": {"cpu_ms": 50},
    "cache_options": {"enabled": True},
}


def test_versioned_settings_are_read_where_they_are_documented(api: Api):
    made = api.put(metadata=METADATA | SMART).result
    assert {key: made[key] for key in SMART} == SMART and made["placement_mode"] == "smart"
    settings = api("GET", SCRIPT + "/settings").result
    assert {key: settings[key] for key in SMART} == SMART
    version = api("GET", f"{SCRIPT}/versions/{made['deployment_id']}").result["resources"]
    assert version["script"]["placement_mode"] == "smart"
    assert version["script"]["placement"] == SMART["placement"]
    runtime = version["script_runtime"]
    assert (runtime["limits"], runtime["cache_options"]) == ({"cpu_ms": 50}, {"enabled": True})
    assert "placement" not in runtime
    flat = api("GET", "/workers/workers/shop/versions/latest").result
    assert {key: flat[key] for key in SMART} == SMART
    service = api("GET", "/workers/services/shop").result["default_environment"]["script"]
    assert (service["placement_mode"], service["limits"]) == ("smart", {"cpu_ms": 50})


def test_a_copy_that_an_older_wrangler_sends_keeps_what_it_cannot_carry(api: Api):
    """`versions secret put` up to 4.110 sends keep_assets, placement and limits, but no caching."""
    api.put(metadata=METADATA | SMART)
    copy = METADATA | {"keep_assets": True, "keep_bindings": ["secret_key", "secret_text"]}
    api.post(metadata=copy | {"placement": {"mode": "smart"}})
    flat = api("GET", "/workers/workers/shop/versions/latest").result
    assert flat["number"] == 2 and {key: flat[key] for key in SMART} == SMART
    api.post()  # any other upload says all there is
    assert "placement" not in api("GET", "/workers/workers/shop/versions/latest").result


CHANGES = [
    {"bindings": [{"name": "V", "type": "plain_text", "text": "2"}]},
    {"compatibility_date": "2026-07-01"},
    {"compatibility_flags": ["nodejs_compat"]},
    {"placement": {"region": "aws:us-east-1"}},
    {"limits": {"cpu_ms": 7}},
    {"cache_options": {"enabled": False}},
    {"annotations": {"workers/message": "why"}},
    {"logpush": True},
    {"tags": ["a", "b"]},
    {"observability": {"enabled": True, "head_sampling_rate": 0.5}},
]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: next(iter(change)))
def test_every_field_of_a_settings_change_is_optional(api: Api, change):
    variable = {"name": "V", "type": "plain_text", "text": "1"}
    api.put(metadata=METADATA | SMART | {"bindings": [variable]})
    before = api("GET", SCRIPT + "/settings").result
    after = api("PATCH", SCRIPT + "/settings", **settings_form(change)).result
    field = next(iter(change))
    if field == "annotations":
        assert after["annotations"]["workers/message"] == "why"
    else:
        assert after[field] == change[field]
    others = before.keys() - {field, "annotations"}
    assert {key: after[key] for key in others} == {key: before[key] for key in others}
    assert api("GET", SCRIPT + "/settings").result == after
    versioned = field not in ("logpush", "tags", "observability")
    assert Version.objects.count() == (2 if versioned else 1)


def test_settings_that_were_read_may_be_sent_back(api: Api):
    api.put(metadata=METADATA | SMART)
    before = api("GET", SCRIPT + "/settings").result
    after = api("PATCH", SCRIPT + "/settings", **settings_form(before)).result
    assert after | {"annotations": {}} == before | {"annotations": {}}


def test_null_takes_a_setting_away_and_nothing_changes_nothing(api: Api):
    api.put(metadata=METADATA | SMART)
    after = api("PATCH", SCRIPT + "/settings", **settings_form({"placement": None})).result
    assert "placement" not in after and after["limits"] == {"cpu_ms": 50}
    assert api("PATCH", SCRIPT + "/settings", **settings_form({})).result == after
    assert Version.objects.count() == 2


def test_a_settings_change_with_a_part_that_is_refused_changes_nothing(shop: Api):
    change = {"logpush": True, "bindings": [{"name": "D", "type": "d1", "id": "1"}]}
    refused = shop("PATCH", SCRIPT + "/settings", **settings_form(change))
    assert refused.refusal == (400, 10181)  # no such database
    assert shop("GET", SCRIPT + "/settings").result["logpush"] is False


def test_tail_consumers_are_checked_and_listed(shop: Api):
    given = {"tail_consumers": [{"service": "logs"}]}
    assert shop("PATCH", SCRIPT + "/script-settings", given).refusal == (400, 10143)
    exports = (Export(name="default", kind="object", handlers=("tail",)),)
    make_version("logs", inspect=lambda *_, **__: Inspection(exports, 1))
    assert shop("PATCH", SCRIPT + "/script-settings", given).result["tail_consumers"] == [
        {"service": "logs"}
    ]
    assert shop("GET", "/workers/workers/shop").result["tail_consumers"] == [{"name": "logs"}]
    assert shop("GET", "/workers/tails/by-consumer/logs").result[0]["service"] == "shop"
    listed = shop("PATCH", "/workers/workers/shop", {"tail_consumers": []}).result
    assert listed["tail_consumers"] == []
    assert shop("GET", "/workers/tails/by-consumer/logs").result == []


@pytest.mark.parametrize(
    ("public", "port", "url"),
    [
        ("http://localhost:8787", ":8787", "http://shop.localhost:8787"),
        ("https://localhost", "", "https://shop.localhost"),
        ("https://localhost:8443", ":8443", "https://shop.localhost:8443"),
    ],
)
def test_what_any_wrangler_prints_is_an_address_of_this_server(
    shop: Api, settings, public, port, url
):
    """Older ones: https://<worker>.<subdomain>.workers.dev, a stranger's for a plain name."""
    settings.EDGE_PUBLIC_URL = public
    subdomain = shop("GET", "/workers/subdomain").result["subdomain"]
    for label in ("shop", "0a1b2c3d-shop"):
        printed = urlsplit(f"https://{label}.{subdomain}.workers.dev")
        assert printed.netloc == f"{label}.localhost{port}" and printed.path == "/"
    sdk = {"headers": {"User-Agent": "cloudflare-python"}}
    worker = shop("GET", "/workers/workers/shop", **sdk).result["subdomain"]
    assert worker["url"] == url
    printed = urlsplit(f"https://0a1b2c3d{worker['preview_url_suffix']}")
    assert printed.netloc == f"0a1b2c3d-shop.localhost{port}"
    wrangler = {"headers": {"User-Agent": "wrangler/4.164.0"}}
    worker = shop("GET", "/workers/workers/shop", **wrangler).result["subdomain"]
    assert worker["url"] == ("" if port else url)
    flat = shop("GET", "/workers/workers/shop/versions/latest").result
    assert flat["urls"][0].startswith(public.split("localhost")[0])


def test_the_subdomain_switch_reaches_the_edges(shop: Api):
    before = DesiredState.objects.get().revision
    result = shop("POST", SCRIPT + "/subdomain", {"enabled": False}).result
    assert result == {"enabled": False, "previews_enabled": False}
    assert DesiredState.objects.get().revision == before + 1
    given = {"enabled": True, "previews_enabled": False}
    assert shop("POST", SCRIPT + "/subdomain", given).result == given
    assert shop("GET", SCRIPT + "/subdomain").result == given


def test_schedules_are_replaced_as_a_whole(shop: Api):
    path = SCRIPT + "/schedules"
    assert shop("GET", path).result == {"schedules": []}
    given = [{"cron": "*/5 * * * *"}, {"cron": "0  0 L * *"}, {"cron": "*/5 * * * *"}]
    listed = shop("PUT", path, given).result["schedules"]
    assert [item["cron"] for item in listed] == ["*/5 * * * *", "0 0 L * *"]
    assert set(listed[0]) == {"cron", "created_on", "modified_on"}
    again = shop("PUT", path, [{"cron": "0 0 L * *"}, {"cron": "0 1 * * *"}]).result["schedules"]
    assert again[0] == listed[1]
    refused = shop("PUT", path, [{"cron": "0 0 * * 0"}])
    assert refused.refusal == (400, 10100) and '"0"' in refused.message
    assert shop("PUT", path, [{"cron": {"cron": "* * * * *"}}]).refusal[0] == 400
    assert shop("GET", path).result["schedules"] == again
    entries = AuditEntry.objects.filter(action="worker.schedules").order_by("pk")
    assert entries.last().before == {"crons": ["*/5 * * * *", "0 0 L * *"]}
    shop.put("other")
    Schedule.objects.bulk_create(
        Schedule(
            worker=Worker.objects.get(name="other"),
            cron=f"{n % 60} {n // 60} * * *",
            created_on=timezone.now(),
            modified_on=timezone.now(),
        )
        for n in range(249)
    )
    refused = shop("PUT", path, [{"cron": "0 1 * * *"}, {"cron": "0 2 * * *"}])
    assert refused.refusal == (400, 10100) and "250" in refused.message


def test_a_bound_worker_is_deleted_by_force_only(shop: Api):
    binding = {"name": "SHOP", "type": "service", "service": "shop"}
    shop.put("checkout", METADATA | {"bindings": [binding]})
    incoming = shop("GET", SCRIPT + "/references").result["services"]["incoming"]
    assert incoming == [{"name": "SHOP", "service": "checkout", "environment": "production"}]
    refused = shop("DELETE", "/workers/services/shop?force=false")
    assert refused.refusal == (409, 90003) and "checkout" in refused.message
    assert shop("DELETE", "/workers/services/shop?force=true").result is None
    assert list(Worker.objects.values_list("name", flat=True)) == ["checkout"]


def test_a_deleted_worker_is_gone_and_its_name_free(shop: Api):
    assert shop("DELETE", SCRIPT).result is None
    assert shop("DELETE", SCRIPT).refusal == (404, 10007)
    assert shop("DELETE", "/workers/services/shop").refusal == (404, 10090)
    assert shop.put().status == 200 and Version.objects.get().number == 1


@pytest.mark.parametrize(
    "path",
    [
        "/storage/kv/namespaces?per_page=100&order=title&direction=asc&page=1",
        "/workers/durable_objects/namespaces?per_page=1000&page=1",
    ],
)
def test_what_cannot_exist_here_is_an_empty_list(api: Api, path: str):
    assert api("GET", path).result == []


def test_refused_routes_open_nothing_that_was_closed_on_purpose(shop: Api, monkeypatch):
    other = Api(make_user("bob", Role.ADMIN), ["deploy"])
    shop("POST", SCRIPT + "/subdomain", {"enabled": False})
    bad = [{"pattern": "example.net/*"}]
    other("PUT", SCRIPT + "/routes", bad)
    assert shop("GET", SCRIPT + "/subdomain").result["enabled"] is False
    monkeypatch.setattr(subdomain, "UNDO_WITHIN", timedelta(0))
    refused = shop("PUT", SCRIPT + "/routes", bad)
    assert "stays switched on" not in refused.message
    assert shop("GET", SCRIPT + "/subdomain").result["enabled"] is False


def test_identity(api: Api):
    assert Answer(api.raw("GET", "/user")).result["email"] == "alice@example.test"
    assert Answer(api.raw("GET", "/user/tokens/verify")).result["status"] == "active"
    account = Answer(api.raw("GET", "/accounts")).result[0]
    assert account["id"] == settings.ACCOUNT_ID
    assert Answer(api.raw("GET", "/accounts?page=2")).result == []
    membership = Answer(api.raw("GET", "/memberships?page=1")).result[0]
    assert membership["account"]["id"] == settings.ACCOUNT_ID
    assert membership["roles"] == ["admin"]


def test_a_list_takes_as_many_queries_for_ten_workers_as_for_one(
    shop: Api, django_assert_num_queries, django_assert_max_num_queries
):
    lists = ("/workers/workers", "/workers/scripts", SCRIPT + "/versions", SCRIPT + "/deployments")
    for path in lists:
        with django_assert_max_num_queries(12) as one:
            shop("GET", path)
        taken = len(one)
        for number in range(9):
            shop.put(f"more-{number}" if path.endswith(("workers", "scripts")) else "shop")
        with django_assert_num_queries(taken):
            shop("GET", path)


def test_the_whole_list_has_the_items_of_its_pages(api: Api):
    """It skips the schema's check, which takes longer than making it."""
    limits = METADATA | {"limits": {"cpu_ms": 50}, "placement": {"mode": "smart"}}
    api.put("shop", limits)
    api.put("pricing")
    paged = [
        item
        for page in (1, 2)
        for item in api("GET", f"/workers/scripts?per_page=1&page={page}").result
    ]
    whole = api("GET", "/workers/scripts")
    assert whole.result == paged and len(paged) == 2
    assert whole.envelope.keys() == {"success", "errors", "messages", "result"}
