"""Unmodified wrangler against the real server and the real runtime: what people type, and see."""

from __future__ import annotations

import os
import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from routing.rules.addresses.zones import zone_id
from tests.real.control_plane import control_plane, write_project

pytestmark = [pytest.mark.real, pytest.mark.in_order]
ID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
NOBODY = "00000000-0000-4000-8000-000000000000"


@pytest.fixture(scope="module")
def plane(tmp_path_factory):
    with control_plane(tmp_path_factory.mktemp("plane")) as made:
        yield made
        assert made.proxied == [], "wrangler asked another machine"


def versions_of(plane, worker):
    """Ids, oldest first."""
    answer = plane.api("GET", f"/workers/scripts/{worker}/versions?deployable=true").json()
    return [item["id"] for item in reversed(answer["result"]["items"])]


def live(plane, worker):
    answer = plane.api("GET", f"/workers/scripts/{worker}/deployments").json()
    newest = answer["result"]["deployments"][0]
    return {share["version_id"]: share["percentage"] for share in newest["versions"]}


def printed(pattern, said):
    found = re.search(pattern, said)
    assert found, said
    return found[1]


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


def test_secrets_with_and_without_a_deployment(plane, tmp_path):
    vault = write_project(tmp_path, "vault")
    wrangler = lambda *words, **more: plane.wrangler(vault, *words, **more)  # noqa: E731
    wrangler("deploy").ok()

    assert "Uploaded secret KEY" in wrangler("secret", "put", "KEY", stdin="hunter2").ok()
    (vault / "bulk.json").write_text('{"A": "1", "B": "2"}')
    wrangler("secret", "bulk", "bulk.json").ok()
    wrangler("secret", "delete", "A").ok()
    listed = wrangler("secret", "list").ok()
    assert '"KEY"' in listed and '"B"' in listed and '"A"' not in listed and "hunter2" not in listed

    before = versions_of(plane, "vault")[-1]
    assert live(plane, "vault") == {before: 100}
    said = wrangler("versions", "secret", "put", "C", stdin="3").ok()
    assert "Created version" in said and live(plane, "vault") == {before: 100}
    said = wrangler("versions", "secret", "list", "--latest-version").ok()
    assert re.findall(r"Secret Name: (\w+)", said) == ["KEY", "B", "C"]

    said = wrangler("secret", "put", "D", stdin="4").failed()
    assert "latest version of your Worker isn't currently deployed" in said

    newest = versions_of(plane, "vault")[-1]
    wrangler("versions", "deploy", f"{newest}@100%", "-y").ok()
    wrangler("deploy").ok()  # its upload does not mention the secrets
    assert "Secret Name: KEY" in wrangler("versions", "secret", "list").ok()

    said = wrangler("rollback", before).ok()
    assert "The following secrets have changed" in said and "* C" in said
    assert live(plane, "vault") == {before: 100}

    # Forward changes of secrets run unattended; `versions deploy` cannot ask about a step back.
    last = versions_of(plane, "vault")[-1]
    for percentage in (10, 20):
        split = (f"{last}@{percentage}%", f"{before}@{100 - percentage}%")
        wrangler("versions", "deploy", *split, "-y").ok()
    said = wrangler("versions", "deploy", f"{last}@5%", f"{before}@95%", "-y").failed()
    assert re.search(r"The following secrets have changed: C\b", said) and "10220" in said
    assert live(plane, "vault") == {last: 20, before: 80}


def test_secrets_that_are_put_in_parallel_are_all_set(plane, tmp_path):
    plane.wrangler(write_project(tmp_path, "parallel"), "deploy").ok()
    statuses = []

    def put(number):
        body = {"name": f"KEY_{number}", "text": "x", "type": "secret_text"}
        answer = plane.api("PUT", "/workers/scripts/parallel/secrets", json=body)
        statuses.append(answer.status_code)

    threads = [threading.Thread(target=put, args=[number]) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [200] * 8
    listed = plane.api("GET", "/workers/scripts/parallel/secrets").json()["result"]
    assert sorted(row["name"] for row in listed) == [f"KEY_{number}" for number in range(8)]


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


UNSUPPORTED = [
    (("vectorize", "list"), "Vectorize is not supported"),
    (("hyperdrive", "list"), "Hyperdrive is not supported"),
    (("r2", "bucket", "cors", "list", "b"), "Settings of R2 buckets are not supported"),
    (("workflows", "list"), "Workflows are not supported"),
]


def test_other_products_are_refused_by_name(plane, tmp_path):
    project = write_project(tmp_path, "products")
    with ThreadPoolExecutor(2) as pool:
        ran = list(pool.map(lambda case: plane.wrangler(project, *case[0]), UNSUPPORTED))
    for (command, words), answer in zip(UNSUPPORTED, ran, strict=True):
        assert words in answer.failed(), command
    indexes = [{"binding": "INDEX", "index_name": "x"}]
    said = plane.wrangler(write_project(tmp_path / "v", "products", vectorize=indexes), "deploy")
    assert '"INDEX" has type "vectorize"' in said.failed() and "Supported: " in said.said
    assert plane.api("GET", "/workers/services/products").status_code == 404


def test_todays_compatibility_date_is_taken(plane, tmp_path):
    today = time.strftime("%Y-%m-%d", time.gmtime())
    plane.wrangler(write_project(tmp_path, "today", compatibility_date=today), "deploy").ok()
    said = plane.wrangler(tmp_path, "versions", "view", versions_of(plane, "today")[0]).ok()
    assert today in said


def test_a_secret_makes_a_worker_that_is_missing(plane, tmp_path):
    project = write_project(tmp_path, "from-secret")
    assert plane.wrangler(project, "secret", "put", "KEY", stdin="x").ok()
    assert len(versions_of(plane, "from-secret")) == 2


NAMED = """import { WorkerEntrypoint } from "cloudflare:workers";
export class Named extends WorkerEntrypoint {}
export default { fetch() { return new Response("hi") } };
"""


def test_a_bound_worker_is_named_before_it_is_deleted(plane, tmp_path):
    write_project(tmp_path / "pricing", "pricing", NAMED)
    plane.wrangler(tmp_path / "pricing", "deploy").ok()
    services = [{"binding": "PRICING", "service": "pricing", "entrypoint": "Nope"}]
    write_project(tmp_path / "checkout", "checkout", services=services)
    said = plane.wrangler(tmp_path / "checkout", "deploy").failed()
    assert "exports no entrypoint 'Nope'" in said
    services[0]["entrypoint"] = "Named"
    write_project(tmp_path / "checkout", "checkout", services=services)
    assert "env.PRICING" in plane.wrangler(tmp_path / "checkout", "deploy").ok()
    said = plane.wrangler(tmp_path / "pricing", "delete").ok()
    assert "Worker checkout (production) uses this Worker as a Service Binding" in said
    assert "Successfully deleted pricing" in said
    assert plane.api("GET", "/workers/services/pricing").status_code == 404


def with_broken_module(folder):
    """wrangler reads what it can see is imported; a module that it only passes on, it does not."""
    code = (
        "const { default: fetch } = await import(['./lib', 'broken.mjs'].join('/'));\n"
        "export default { fetch };\n"
    )
    rules = [{"type": "ESModule", "globs": ["lib/*.mjs"]}]
    project = write_project(folder, "strict", code, find_additional_modules=True, rules=rules)
    (project / "lib").mkdir()
    (project / "lib/broken.mjs").write_text("export default () => {")
    return project


BROKEN = "export default { fetch() { return new Response('hi') } };\nnew Nothing();\n"


def test_what_cannot_be_is_refused_in_words_that_help(plane, tmp_path):
    good = write_project(tmp_path / "good", "strict")
    wrangler = lambda *words: plane.wrangler(good, *words)  # noqa: E731
    assert "Please run the `deploy` command first" in wrangler("versions", "upload").failed()
    wrangler("deploy").ok()
    wrangler("versions", "upload").ok()
    before = versions_of(plane, "strict")
    old, new = before

    broken = write_project(tmp_path / "broken", "strict", BROKEN)
    for words in (["deploy"], ["versions", "upload"]):
        said = plane.wrangler(broken, *words).failed()
        assert "ReferenceError: Nothing is not defined" in said and "[code: 10021]" in said
    plane.wrangler(write_project(tmp_path / "new", "brand-new", BROKEN), "deploy").failed()
    assert plane.api("GET", "/workers/services/brand-new").status_code == 404

    said = plane.wrangler(with_broken_module(tmp_path / "syntax"), "deploy").failed()
    assert "Uncaught SyntaxError" in said and "[code: 10021]" in said

    kv = [{"binding": "KV", "id": "0" * 32}]
    said = plane.wrangler(
        write_project(tmp_path / "kv", "strict", kv_namespaces=kv), "deploy"
    ).failed()
    assert f"KV namespace '{'0' * 32}' not found" in said

    service = [{"binding": "NO", "service": "nobody"}]
    said = plane.wrangler(
        write_project(tmp_path / "svc", "strict", services=service), "deploy"
    ).failed()
    assert "Target script 'nobody' not found" in said

    said = wrangler("versions", "deploy", f"{new}@50%", f"{old}@40%", "-y").failed()
    assert "must total exactly 100%" in said
    said = wrangler("versions", "deploy", f"{new}@50%", f"{NOBODY}@50%", "-y").failed()
    assert "[code: 100146]" in said
    assert "[code: 100146]" in wrangler("versions", "view", old[:8]).failed()
    assert "[code: 100146]" in wrangler("rollback", NOBODY).failed()

    assert versions_of(plane, "strict") == before
    assert live(plane, "strict") == {old: 100}


def test_a_wrong_token_and_a_wrong_account_are_told_apart_from_success(plane, tmp_path):
    project = write_project(tmp_path, "shop")
    said = plane.wrangler(project, "versions", "list", CLOUDFLARE_API_TOKEN="wrong").failed()
    assert "Unauthorized to access requested resource" in said and "[code: 9109]" in said
    said = plane.wrangler(project, "versions", "list", CLOUDFLARE_ACCOUNT_ID="0" * 32).failed()
    assert "[code: 9109]" in said


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


@pytest.mark.parametrize("chunked", [False, True])
def test_more_than_25_mb_is_refused_whether_or_not_its_length_is_said(plane, chunked):
    chunk = b"x" * 1024 * 1024
    content = (chunk for _ in range(26)) if chunked else chunk * 26
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    answer = plane.api("PUT", "/workers/scripts/big", content=content, headers=headers)
    assert answer.status_code == 413
    assert answer.json()["errors"][0]["code"] == 10027 and "25 MB" in answer.text


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
