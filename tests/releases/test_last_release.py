"""A rolling upgrade: the last release and this one at once, on the schema of this one.

Web processes of both releases share a database, and an agent of each works with the web process of
the other.
"""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.eventually import eventually
from tests.releases import last_release
from tests.running import PASSWORD, PROJECT, free_port, prepare_data

pytestmark = pytest.mark.real

CREDENTIALS = """
import json
from dashboard.run.bootstrap import admin_and_token
from dashboard.edges.protocol.registration import register_edge
print(json.dumps({
    "token": admin_and_token().token,
    "old-edge": register_edge("old-edge"),
    "new-edge": register_edge("new-edge"),
}))
"""
"""Run by the last release: its own inserts into the new schema."""

UNKNOWN_COLUMNS = """
import json
from django.apps import apps
from django.db import connection
problems = []
with connection.cursor() as cursor:
    for model in apps.get_models(include_auto_created=True):
        table = model._meta.db_table
        cursor.execute(f'PRAGMA table_info("{table}")')
        actual = {row[1]: (row[3], row[4]) for row in cursor.fetchall()}
        ours = {field.column for field in model._meta.local_concrete_fields}
        problems += [f"{table}.{name} is gone" for name in ours - set(actual)]
        problems += [
            f"{table}.{name} needs db_default"
            for name, (required, default) in actual.items()
            if name not in ours and required and default is None
        ]
print(json.dumps(sorted(problems)))
"""


@dataclass
class Release:
    """`folder` has its code; `data` is shared by both."""

    folder: Path
    data: Path
    port: int
    edge_port: int

    def environment(self, **more: str) -> dict[str, str]:
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("SLUICE_")}
        inherited.pop("DATABASE_URL", None)
        return inherited | {
            "SLUICE_DATA_DIR": str(self.data),
            "SLUICE_HTTP_PORT": str(self.port),
            "SLUICE_ADMIN_PASSWORD": PASSWORD,
            "SLUICE_DEBUG": "1",  # static files without a manifest, which differs
            **more,
        }

    def python(self, *arguments: str) -> str:
        command = [sys.executable, *arguments]
        done = subprocess.run(
            command, cwd=self.folder, env=self.environment(), capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr[-3000:]
        return done.stdout

    @contextlib.contextmanager
    def runs(self, module: str, **environment: str):
        log = self.data / f"{self.port}-{module}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", module],
                cwd=self.folder,
                env=self.environment(**environment),
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        try:
            yield process
        except BaseException:
            print(log.read_text()[-3000:])
            raise
        finally:
            process.terminate()
            process.wait(30)

    def agent(self, name: str, token: str, control: Release):
        """Its agent, with `control` as its control plane."""
        return self.runs(
            "routing.agent",
            SLUICE_DATA_DIR=str(self.data / name),
            SLUICE_CONTROL_URL=f"http://127.0.0.1:{control.port}",
            SLUICE_EDGE_NAME=name,
            SLUICE_EDGE_TOKEN=token,
            SLUICE_EDGE_PORT=str(self.edge_port),
            SLUICE_EDGE_CONCURRENCY="1",
        )


@pytest.fixture(scope="module")
def releases(tmp_path_factory):
    """(the last one, this one), their web processes running, and credentials made by the last."""
    data = tmp_path_factory.mktemp("releases") / "data"
    prepare_data(data)
    old = Release(last_release.checked_out(), data, free_port(), free_port())
    new = Release(PROJECT, data, free_port(), free_port())
    credentials = json.loads(old.python("manage.py", "shell", "-v0", "-c", CREDENTIALS))
    credentials["account"] = (data / "account_id").read_text()
    with old.runs("dashboard.run.web"), new.runs("dashboard.run.web"):
        for release in (old, new):
            eventually(lambda port=release.port: answers(port), 60)
        yield old, new, credentials


def answers(port: int) -> bool:
    with contextlib.suppress(httpx.HTTPError):
        return httpx.get(f"http://127.0.0.1:{port}/healthz", timeout=5).status_code == 200
    return False


def api(release: Release, credentials, method: str, path: str, **given) -> httpx.Response:
    url = f"http://127.0.0.1:{release.port}/client/v4/accounts/{credentials['account']}"
    headers = {"Authorization": f"Bearer {credentials['token']}"}
    return httpx.request(method, url + path, headers=headers, timeout=60, **given)


def upload(release: Release, credentials, name: str, text: str) -> None:
    """A Worker that answers with `text`, live at once."""
    metadata = {"main_module": "index.js", "compatibility_date": "2026-01-01"}
    code = f'export default {{ fetch: () => new Response("{text}") }};'
    files = {
        "metadata": (None, json.dumps(metadata), "application/json"),
        "index.js": ("index.js", code, "application/javascript+module"),
    }
    answer = api(release, credentials, "PUT", f"/workers/scripts/{name}", files=files)
    assert answer.status_code == 200, answer.text


def test_no_new_column_needs_a_value_that_the_last_release_does_not_write(releases):
    old, _, _ = releases
    assert json.loads(old.python("manage.py", "shell", "-v0", "-c", UNKNOWN_COLUMNS)) == []


def test_people_and_programs_work_with_the_last_release_on_the_new_schema(releases):
    old, new, credentials = releases
    url = f"http://127.0.0.1:{old.port}"
    with httpx.Client(base_url=url, headers={"Referer": url}, timeout=60) as browser:
        browser.get("/accounts/login/")
        form = {
            "username": "admin",
            "password": PASSWORD,
            "csrfmiddlewaretoken": browser.cookies["csrftoken"],
        }
        assert browser.post("/accounts/login/", data=form).status_code == 302
        upload(old, credentials, "shop", "one")
        page = browser.get("/workers/shop/")
        assert page.status_code == 200 and "shop" in page.text
        # The session of one release is one of the other: nobody is signed out by an upgrade.
        there = httpx.get(f"http://127.0.0.1:{new.port}/workers/shop/", cookies=browser.cookies)
        assert there.status_code == 200
    deployments = "/workers/scripts/shop/deployments"
    before = api(new, credentials, "GET", deployments).json()["result"]["deployments"]
    body = {"strategy": "percentage", "versions": before[0]["versions"]}
    assert api(old, credentials, "POST", deployments, json=body).status_code == 200
    after = api(new, credentials, "GET", deployments).json()["result"]["deployments"]
    assert len(after) == len(before) + 1


def test_an_agent_of_each_release_works_with_the_other_control_plane(releases):
    old, new, credentials = releases
    upload(new, credentials, "made-by-new", "new")
    upload(old, credentials, "made-by-old", "old")
    with (
        old.agent("old-edge", credentials["old-edge"], new),
        new.agent("new-edge", credentials["new-edge"], old),
    ):
        for release in (old, new):
            for name in ("new", "old"):
                assert eventually(lambda r=release, n=name: served(r, n), 60)
        assert eventually(lambda: shipped(old.data) == {"old-edge", "new-edge"}, 60)
        upload(old, credentials, "made-by-new", "changed")
        upload(new, credentials, "made-by-old", "changed")
        for release in (old, new):
            for name in ("new", "old"):
                assert eventually(lambda r=release, n=name: served(r, n, "changed"), 60)


def served(release: Release, name: str, text: str = "") -> bool:
    with contextlib.suppress(httpx.HTTPError):
        headers = {"Host": f"made-by-{name}.localhost"}
        answer = httpx.get(f"http://127.0.0.1:{release.edge_port}/", headers=headers, timeout=5)
        return answer.text == (text or name)
    return False


def shipped(data: Path) -> set[str]:
    """Edges whose requests are in the database."""
    with contextlib.closing(sqlite3.connect(data / "sluice.sqlite3", timeout=30)) as rows:
        sql = (
            "SELECT DISTINCT edge.name FROM routing_invocation"
            " JOIN routing_edge AS edge ON edge.id = edge_id"
        )
        return {name for (name,) in rows.execute(sql)}


def test_both_releases_are_what_they_claim(releases):
    old, new, _ = releases
    versions = {
        release.port: httpx.get(f"http://127.0.0.1:{release.port}/healthz").json().get("version")
        for release in (old, new)
    }
    assert versions[old.port] != versions[new.port]
