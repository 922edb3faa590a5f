"""Migrations keep the data of an earlier release: pages and the API of this one show all of it."""

import json
import os
import subprocess
import sys
import tarfile

import pytest

from tests.running import PROJECT

pytestmark = pytest.mark.slow
READ = "tests.dashboard.installation.read_earlier_release"
BEFORE_MIGRATING = {"auth_permission", "django_content_type", "django_migrations"}
"""Tables in which Django itself adds rows."""


@pytest.fixture(scope="module")
def seen(tmp_path_factory):
    folder = tmp_path_factory.mktemp("earlier")
    with tarfile.open(PROJECT / "tests" / "data" / "release-2026-11-29.tar.xz") as archive:
        archive.extractall(folder, filter="data")
    environ = {k: v for k, v in os.environ.items() if not k.startswith("SLUICE_")}
    environ.pop("DATABASE_URL", None)
    run = subprocess.run(
        [sys.executable, "-m", READ],
        env=environ | {"SLUICE_DATA_DIR": str(folder)},
        cwd=PROJECT,
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stderr[-4000:]
    return json.loads(run.stdout) | {"facts": json.loads((folder / "facts.json").read_text())}


def test_no_row_is_lost(seen):
    lost = {
        table: (count, seen["after"].get(table))
        for table, count in seen["before"].items()
        if table not in BEFORE_MIGRATING and seen["after"].get(table) != count
    }
    assert lost == {}
    assert seen["before"]["routing_version"] == 5 and seen["before"]["accounts_user"] == 3


def test_values_that_were_encrypted_or_renamed(seen):
    assert seen["values"] == {
        "destination": "https://127.0.0.1/logs?header_Authorization=Bearer%20t0ken",
        "redacted_destination": "https://127.0.0.1/logs?header_Authorization=REDACTED",
        "retry_requested": True,
        "hook": "https://127.0.0.1/hook/T0123456789abcdefghij/x",  # in clear before
        "hook_redacted": "https://127.0.0.1/hook/REDACTED/x",
        "webhook": "https://127.0.0.1/sluice",
        "variable": "s3cret-of-shop",
        "lost_lines": 7,  # counted from gaps
    }


@pytest.mark.parametrize(
    ("page", "words"),
    {
        "workers": ["shop", "pricing", "hello"],
        "worker": ["Try it at 10%", "maya"],
        "version": ["A faster shop", "v2"],
        "deployments": ["Open the shop", "Try it at 10%"],
        "rollout": ["pricing", "maya"],
        "hooks": ["tell ops", "hook/REDACTED/x"],
        "checks": ["smoke"],
        "overrides": ["for the designers"],
        "review": ["Say hello", "maya"],
        "policies": ["hello"],
        "saved": ["An order", "/order?dry=1"],
        "variables": ["token", "someone"],
        "run": ["GET", "maya"],
        "conversation": ["Is 10% enough for tonight?"],
        "people": ["admin", "maya", "vera", "ci"],
        "exports": ["to loki", "header_Authorization=REDACTED"],
        "notifications": ["ops"],
        "edges": ["local-1"],
        "activity": ["ops", "maya"],
    }.items(),
)
def test_a_page_shows_it(seen, page, words):
    status, text = seen["pages"][page]
    assert status == 200
    assert [word for word in words if word not in text] == []
    assert "t0ken" not in text and "s3cret-of-shop" not in text


def test_tokens_go_on_working_and_show_the_same_state(seen):
    facts, api = seen["facts"], seen["api"]
    shop = {id for id, (worker, _) in facts["versions"].items() if worker == "shop"}
    assert {version["id"] for version in api["versions"]["result"]["items"]} == shop
    newest = api["deployments"]["result"]["deployments"][0]
    assert newest["id"] == facts["shop_deployment"]
    assert sorted(share["percentage"] for share in newest["versions"]) == [10, 90]


def test_an_edge_of_the_earlier_release_gets_the_same_deployments(seen):
    workers = {worker["name"]: worker for worker in seen["api"]["snapshot"]["workers"]}
    assert set(workers) == {"shop", "pricing"}
    assert workers["shop"]["deployment"]["id"] == seen["facts"]["shop_deployment"]
