"""`sluice backup` under load, and `sluice restore` in an empty place."""

import contextlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import threading

import pytest

from tests.running import PROJECT, prepared_database

SEED = """
import sys
from pathlib import Path
import django
django.setup()
from django.utils import timezone
from dashboard.installation.backup.create import back_up
from routing.snapshot import BindingSpec, Secret
from tests.factories import make_deployment, make_draft, make_edge, make_user, make_version

make_user("ada")
make_edge()
secret = BindingSpec(name="KEY", type="secret_text", secret=Secret("s"))
for name, bindings in (("shop", [secret]), ("plain", [])):
    make_deployment(make_version(name, make_draft(bindings=bindings)).worker)
print("ready", flush=True)
sys.stdin.readline()
folder = Path(sys.argv[1])
back_up(folder / "whole.tar.gz", timezone.now(), overwrite=False)
back_up(folder / "no-keys.tar.gz", timezone.now(), overwrite=False, with_keys=False)
"""
"""One process: starting another takes longer than what it does."""


def environment(data):
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("SLUICE_", "DATABASE"))}
    more = {"SLUICE_DATA_DIR": str(data), "DJANGO_SETTINGS_MODULE": "dashboard.settings"}
    return inherited | more | {"PYTHONPATH": str(PROJECT)}


def sluice(data, *arguments):
    command = [sys.executable, "-m", "dashboard.cli", *map(str, arguments)]
    return subprocess.run(
        command, cwd=PROJECT, env=environment(data), capture_output=True, text=True
    )


def write_pairs(path, stop):
    """Two rows in each transaction, until `stop`."""
    with contextlib.closing(sqlite3.connect(path, timeout=30, isolation_level=None)) as rows:
        while not stop.is_set():
            rows.execute("BEGIN IMMEDIATE")
            rows.executemany("INSERT INTO load VALUES (?)", [("x" * 500,)] * 2)
            rows.execute("COMMIT")


@pytest.fixture(scope="module")
def backups(tmp_path_factory):
    """A folder with two backups, taken while another process writes."""
    folder = tmp_path_factory.mktemp("backups")
    data = folder / "data"
    shutil.copytree(prepared_database(), data)
    database = data / "sluice.sqlite3"
    with contextlib.closing(sqlite3.connect(database)) as rows:
        rows.execute("CREATE TABLE load (text)")
    command = [sys.executable, "-c", SEED, str(folder)]
    pipe = subprocess.PIPE
    taker = subprocess.Popen(
        command, cwd=PROJECT, env=environment(data), stdin=pipe, stdout=pipe, text=True
    )
    assert taker.stdout.readline() == "ready\n"
    stop = threading.Event()
    writer = threading.Thread(target=write_pairs, args=(database, stop))
    writer.start()
    taker.communicate("now\n")
    stop.set()
    writer.join()
    assert taker.returncode == 0
    return folder


def test_everything_comes_back_as_of_one_moment(backups, tmp_path):
    done = sluice(tmp_path, "restore", backups / "whole.tar.gz")
    assert done.returncode == 0, done.stderr
    assert "1 user, 2 workers, 2 versions, 2 deployments" in done.stdout
    key = "secret_key"
    assert (tmp_path / key).read_text() == (backups / "data" / key).read_text()
    assert (tmp_path / key).stat().st_mode & 0o77 == 0
    with contextlib.closing(sqlite3.connect(tmp_path / "sluice.sqlite3")) as rows:
        [(count,)] = rows.execute("SELECT count(*) FROM load")
        [(mode,)] = rows.execute("PRAGMA journal_mode")
        [(revision,)] = rows.execute("SELECT revision FROM routing_desiredstate")
        [(whole_since,)] = rows.execute("SELECT whole_since FROM routing_edge")
    assert count % 2 == 0 and mode == "wal"
    # Whatever an edge has by now, it takes the whole state once.
    assert whole_since == revision > 1_000_000
    again = sluice(tmp_path, "restore", backups / "whole.tar.gz")
    assert again.returncode == 1 and "--force" in again.stderr


def test_without_the_key_what_is_lost_is_listed_and_the_rest_works(backups, tmp_path):
    done = sluice(tmp_path, "restore", backups / "no-keys.tar.gz")
    assert done.returncode == 1
    assert "1 secrets of versions" in done.stdout and "  shop: " in done.stdout
    assert "plain" not in done.stdout


def test_a_file_of_something_else_is_refused(backups, tmp_path):
    (tmp_path / "file").write_text(json.dumps({}))
    done = sluice(tmp_path, "restore", tmp_path / "file")
    assert done.returncode == 1 and "is no backup" in done.stderr
    assert not (tmp_path / "sluice.sqlite3").exists()
