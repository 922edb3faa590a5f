"""Deployments, addresses and reviews by unmodified wrangler: what people type, and see."""

from __future__ import annotations

import os
import re
import threading
import time

import pytest

from routing.rules.addresses.zones import zone_id
from tests.real.clients.conftest import live, printed, versions_of
from tests.real.control_plane import ID, write_project

pytestmark = [pytest.mark.real, pytest.mark.in_order]


def test_from_the_first_deploy_to_a_rollback(plane, tmp_path):
    shop = write_project(tmp_path, "shop")
    wrangler = lambda *words, **more: plane.wrangler(shop, *words, **more)  # noqa: E731

    assert "alice@example.test" in wrangler("whoami").ok()

    said = wrangler("deploy").ok()
    first = printed(rf"Current Version ID: ({ID})", said)
    assert re.search(r"Worker Startup Time: \d+ ms", said) and "shop.localhost" in said
    assert live(plane, "shop") == {first: 100}

    said = wrangler("deploy", "--message", "again").ok()
    second = printed(rf"Current Version ID: ({ID})", said)
    assert live(plane, "shop") == {second: 100}

    words = ("--tag", "v3", "--message", "third one", "--preview-alias", "pr-7")
    said = wrangler("versions", "upload", *words).ok()
    third = printed(rf"Worker Version ID: ({ID})", said)
    port = os.environ.get("SLUICE_EDGE_PORT", "8787")
    assert f"Version Preview URL: https://{third[:8]}-shop.localhost:{port}\n" in said
    assert f"Version Preview Alias URL: https://pr-7-shop.localhost:{port}\n" in said
    assert live(plane, "shop") == {second: 100}
    assert versions_of(plane, "shop") == [first, second, third]

    said = wrangler("versions", "list").ok()
    assert re.findall(rf"Version ID:\s+({ID})", said) == [first, second, third]
    assert re.search(r"Tag:\s+v3\nMessage:\s+third one", said)

    said = wrangler("versions", "view", third).ok()
    for words in ("Handlers:             fetch", 'env.GREETING ("hi")', "2026-08-01", "v3"):
        assert words in said

    said = wrangler("versions", "deploy", f"{third}@0%", f"{second}@100%", "-y").ok()
    assert f"version {third} at 0% and version {second} at 100%" in said
    assert live(plane, "shop") == {third: 0, second: 100}

    wrangler("versions", "deploy", f"{third}@33.333%", f"{second}@66.667%", "-y").ok()
    assert live(plane, "shop") == {third: 33.333, second: 66.667}
    said = wrangler("deployments", "status").ok()
    assert f"(33.333%) {third}" in said and f"(66.667%) {second}" in said
    said = wrangler("deployments", "list").ok()
    assert len(re.findall(r"^Created:", said, re.M)) == 4 and "Message:     again" in said

    said = wrangler("rollback", "-y", "--message", "too many errors").ok()
    assert f"Current Version ID: {second}" in said
    assert live(plane, "shop") == {second: 100}
    said = wrangler("deployments", "status").ok()
    assert "Source:      Rollback" in said and "too many errors" in said


ROOM = """import { DurableObject } from "cloudflare:workers";
export class Room extends DurableObject {}
export class Log extends DurableObject {}
export default { fetch() { return new Response("hi") } };
"""


def test_durable_objects_are_migrated_by_deploy_alone(plane, tmp_path):
    migrations = [{"tag": "v1", "new_sqlite_classes": ["Room"]}]
    objects = {"bindings": [{"name": "ROOMS", "class_name": "Room"}]}
    config = {"durable_objects": objects, "migrations": migrations}
    chat = write_project(tmp_path, "chat", ROOM, **config)
    wrangler = lambda *words: plane.wrangler(chat, *words)  # noqa: E731

    said = wrangler("deploy").ok()
    first = printed(rf"Current Version ID: ({ID})", said)
    assert "env.ROOMS (Room)" in said
    migrations.append({"tag": "v2", "new_classes": ["Log"]})
    write_project(tmp_path, "chat", ROOM, **config)
    said = wrangler("versions", "upload").failed()
    assert "wrangler deploy" in said and versions_of(plane, "chat") == [first]
    third = printed(rf"Current Version ID: ({ID})", wrangler("deploy").ok())
    assert live(plane, "chat") == {third: 100} and versions_of(plane, "chat") == [third]
    said = wrangler("rollback", first, "-y").failed()
    assert "before the last Durable Object migration" in said

    rows = plane.api("GET", "/workers/durable_objects/namespaces").json()["result"]
    assert [(row["class"], row["use_sqlite"]) for row in rows] == [("Log", False), ("Room", True)]
    assert "wrangler delete --force" in wrangler("delete").failed()
    wrangler("delete", "--force").ok()
    assert plane.api("GET", "/workers/durable_objects/namespaces").json()["result"] == []


def test_routes_and_custom_domains_are_deployed(plane, tmp_path):
    """Strings, zone names and ids, and custom domains; then others in their place."""
    routes = [
        "example.com/*",
        {"pattern": "*.example.com/api/*", "zone_name": "example.com"},
        {"pattern": "www.example.com/a*", "zone_id": zone_id("example.com")},
        {"pattern": "shop.example.com", "custom_domain": True},
    ]
    said = plane.wrangler(write_project(tmp_path / "a", "addressed", routes=routes), "deploy")
    assert "shop.example.com (custom domain)" in said.ok()
    listed = plane.api("GET", "/workers/scripts/addressed/routes").json()["result"]
    patterns = {"example.com/*", "*.example.com/api/*", "www.example.com/a*"}
    assert {item["pattern"] for item in listed} == patterns
    domains = plane.api("GET", "/workers/domains").json()["result"]
    assert [(d["hostname"], d["service"]) for d in domains] == [("shop.example.com", "addressed")]
    switches = plane.api("GET", "/workers/scripts/addressed/subdomain").json()["result"]
    assert switches["enabled"] is False  # wrangler's default with routes
    more = {"routes": ["example.com/*"], "workers_dev": True}
    plane.wrangler(write_project(tmp_path / "b", "addressed", **more), "deploy").ok()
    listed = plane.api("GET", "/workers/scripts/addressed/routes").json()["result"]
    assert [item["pattern"] for item in listed] == ["example.com/*"]
    taken = plane.wrangler(
        write_project(tmp_path / "c", "thief", routes=["example.com/*"]), "deploy"
    )
    assert "assigned to the Worker addressed" in taken.failed()


def test_routes_without_a_zone_are_refused_and_the_worker_keeps_its_address(plane, tmp_path):
    plane.wrangler(write_project(tmp_path / "plain", "routed"), "deploy").ok()
    routes = ["example.net/*", {"pattern": "shop.example.net", "custom_domain": True}]
    said = plane.wrangler(write_project(tmp_path / "new", "routed", routes=routes), "deploy")
    assert "example.net is in no zone. Zones are: example.com." in said.failed()
    assert "routed.localhost stays switched on" in said.said
    answer = plane.api("GET", "/workers/scripts/routed/subdomain").json()
    assert answer["result"] == {"enabled": True, "previews_enabled": True}
    assert len(versions_of(plane, "routed")) == 2  # wrangler deploys first, and asks afterwards


def test_todays_compatibility_date_is_taken(plane, tmp_path):
    today = time.strftime("%Y-%m-%d", time.gmtime())
    plane.wrangler(write_project(tmp_path, "today", compatibility_date=today), "deploy").ok()
    said = plane.wrangler(tmp_path, "versions", "view", versions_of(plane, "today")[0]).ok()
    assert today in said


def test_of_many_who_deploy_on_the_same_condition_exactly_one_wins(plane, tmp_path):
    plane.wrangler(write_project(tmp_path, "race"), "deploy").ok()
    answer = plane.api("GET", "/workers/scripts/race/deployments").json()
    active = answer["result"]["deployments"][0]
    body = {
        "strategy": "percentage",
        "versions": active["versions"],
        "expected_deployment_id": active["id"],
    }
    statuses = []

    def deploy():
        answer = plane.api("POST", "/workers/scripts/race/deployments", json=body)
        statuses.append((answer.status_code, answer.json()["success"]))

    threads = [threading.Thread(target=deploy) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [(200, True)] + [(409, False)] * 7


def test_a_policy_turns_deployments_into_reviews_that_wrangler_links_to(plane, tmp_path):
    desk = write_project(tmp_path, "desk")
    wrangler = lambda *words, **more: plane.wrangler(desk, *words, **more)  # noqa: E731
    wrangler("deploy").ok()
    first = versions_of(plane, "desk")[0]
    plane.manage(
        "shell",
        "-c",
        "from dashboard.accounts.models import User; "
        "User.objects.create_user('jonas', password='a long password', role='reviewer')",
    )
    rule = ("--above", "0", "--approvals", "1", "--own", "no")
    plane.manage("policy", "set", "--worker", "desk", *rule)

    wrangler("versions", "upload").ok()
    second = versions_of(plane, "desk")[-1]
    wrangler("versions", "deploy", f"{second}@0%", f"{first}@100%", "-y").ok()

    said = wrangler("versions", "deploy", f"{second}@100%", "-y").failed()
    link = printed(r"(http://localhost:\d+/reviews/[0-9a-f-]+/)", said)
    assert "Missing: 1 approval." in said and "manage.py review wait" in said and "90005" in said
    assert live(plane, "desk") == {second: 0, first: 100}

    plane.manage("review", "approve", link, "--user", "jonas", "--comment", "Same totals.")
    assert '"state": "deployed"' in plane.manage(
        "review", "wait", link, "--timeout", "20", "--json"
    )
    assert live(plane, "desk") == {second: 100}

    said = wrangler("secret", "put", "KEY", stdin="hunter2").failed()
    assert "was uploaded. Nothing was deployed." in said and "hunter2" not in said
    assert live(plane, "desk") == {second: 100}

    said = wrangler("deploy").failed()
    assert printed(r"(http://localhost:\d+/reviews/[0-9a-f-]+/)", said) != link
    assert live(plane, "desk") == {second: 100}

    wrangler("rollback", first, "-y").ok()
    assert live(plane, "desk") == {first: 100}
