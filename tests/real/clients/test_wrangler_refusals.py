"""What unmodified wrangler is refused, and in which words."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.real.clients.conftest import live, versions_of
from tests.real.control_plane import write_project

pytestmark = [pytest.mark.real, pytest.mark.in_order]
NOBODY = "00000000-0000-4000-8000-000000000000"

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
    assert 'Binding "INDEX": Vectorize is not supported here.' in said.failed()
    assert plane.api("GET", "/workers/services/products").status_code == 404


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


@pytest.mark.parametrize("chunked", [False, True])
def test_more_than_25_mb_is_refused_whether_or_not_its_length_is_said(plane, chunked):
    chunk = b"x" * 1024 * 1024
    content = (chunk for _ in range(26)) if chunked else chunk * 26
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    answer = plane.api("PUT", "/workers/scripts/big", content=content, headers=headers)
    assert answer.status_code == 413
    assert answer.json()["errors"][0]["code"] == 10027 and "25 MB" in answer.text
