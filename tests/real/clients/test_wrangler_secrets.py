"""Secrets by unmodified wrangler, with and without a deployment."""

from __future__ import annotations

import re
import threading

import pytest

from tests.real.clients.conftest import live, versions_of
from tests.real.control_plane import write_project

pytestmark = [pytest.mark.real, pytest.mark.in_order]


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


def test_a_secret_makes_a_worker_that_is_missing(plane, tmp_path):
    project = write_project(tmp_path, "from-secret")
    assert plane.wrangler(project, "secret", "put", "KEY", stdin="x").ok()
    assert len(versions_of(plane, "from-secret")) == 2
