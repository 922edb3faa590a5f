"""On a real PostgreSQL: two setups at once, then a backup under load, restored in another place."""

import os
import re
import subprocess
import sys
import threading

import psycopg
import pytest

from tests.running import PASSWORD, PROJECT
from tests.stores import postgresql_server

KEYS = {"SLUICE_SECRET_KEY": "k" * 48, "SLUICE_ACCOUNT_ID": "acc"}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with postgresql_server(tmp_path_factory.mktemp("postgresql")) as server:
        yield server


def start(data, url, *arguments, **more):
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("SLUICE_")}
    given = {"DATABASE_URL": url, "SLUICE_DATA_DIR": str(data), **more}
    return subprocess.Popen(
        [sys.executable, "-m", "dashboard.cli", *map(str, arguments)],
        cwd=PROJECT,
        env=inherited | given,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def output(process, code=0):
    text, _ = process.communicate(timeout=100)
    assert process.returncode == code, text
    return text


@pytest.fixture(scope="module")
def setups(server, tmp_path_factory):
    """What two setups printed, of two machines that began at once with an empty database."""
    folder = tmp_path_factory.mktemp("machines")
    password = {"SLUICE_ADMIN_PASSWORD": PASSWORD}
    both = [start(folder / name, server.url, "setup", **KEYS, **password) for name in ("a", "b")]
    return folder, [output(process) for process in both]


def test_two_setups_at_once_migrate_once_and_create_one_admin(server, setups):
    _, printed = setups
    assert sorted("created" in text for text in printed) == [False, True]
    migrated = [re.search(r"Database +(\d+|up)", text)[1] for text in printed]
    assert sorted(m == "up" for m in migrated) == [False, True]
    with psycopg.connect(server.url) as rows:
        assert rows.execute("SELECT username FROM accounts_user").fetchall() == [("admin",)]


def write_pairs(url, stop):
    """Two rows in each transaction, until `stop`."""
    with psycopg.connect(url) as rows:
        while not stop.is_set():
            rows.execute("INSERT INTO load VALUES (1), (2)")
            rows.commit()


def test_a_backup_under_load_comes_back_as_of_one_moment(server, setups, tmp_path):
    folder, _ = setups
    with psycopg.connect(server.url, autocommit=True) as rows:
        rows.execute("CREATE TABLE load (n int)")
        rows.execute("CREATE DATABASE elsewhere")
    stop = threading.Event()
    writer = threading.Thread(target=write_pairs, args=(server.url, stop))
    writer.start()
    try:
        taken = output(start(folder / "a", server.url, "backup", tmp_path / "b.tar.gz", **KEYS))
    finally:
        stop.set()
        writer.join()
    assert "1 user, " in taken
    elsewhere = server.url.rpartition("/")[0] + "/elsewhere"
    restored = output(start(tmp_path / "new", elsewhere, "restore", tmp_path / "b.tar.gz"))
    assert "All secrets can be read" in restored
    assert (tmp_path / "new" / "secret_key").read_text() == KEYS["SLUICE_SECRET_KEY"]
    with psycopg.connect(elsewhere) as rows:
        [(pairs,)] = rows.execute("SELECT count(*) FROM load").fetchall()
        assert pairs % 2 == 0
        assert rows.execute("SELECT username FROM accounts_user").fetchall() == [("admin",)]
        with pytest.raises(psycopg.errors.NotNullViolation):  # constraints came along
            rows.execute("UPDATE accounts_user SET username = NULL")
    refused = output(start(tmp_path / "new", elsewhere, "restore", tmp_path / "b.tar.gz"), 1)
    assert "--force" in refused
