"""A bad setting stops the start and names its variable, never a secret in it."""

import os
import subprocess
import sys

import pytest

from tests.running import PROJECT


def started_with(tmp_path, **variables):
    environment = os.environ | {"SLUICE_DATA_DIR": str(tmp_path)} | variables
    command = [sys.executable, "-c", "import dashboard.settings as s; print(s.DATABASES)"]
    return subprocess.run(command, env=environment, cwd=PROJECT, capture_output=True, text=True)


@pytest.mark.parametrize(
    "url", ["mysql://u:s3cret@127.0.0.1/d", "oracle://u:s3cret@h/d", "postgresql://u:s3cret@h:x/d"]
)
def test_a_database_that_is_not_supported_is_refused_at_start(tmp_path, url):
    result = started_with(tmp_path, DATABASE_URL=url)
    last = result.stderr.strip().splitlines()[-1]
    assert result.returncode and "DATABASE_URL" in last and "postgresql://" in last
    assert "s3cret" not in last


@pytest.mark.parametrize(
    ("url", "engine"),
    [
        ("postgres://u@127.0.0.1/d", "postgresql"),
        ("postgresql://u@127.0.0.1/d", "postgresql"),
        ("", "sqlite3"),
    ],
)
def test_the_two_databases_that_are_supported(tmp_path, url, engine):
    result = started_with(tmp_path, DATABASE_URL=url)
    assert f"django.db.backends.{engine}" in result.stdout, result.stderr
