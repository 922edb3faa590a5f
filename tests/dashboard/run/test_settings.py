"""A bad setting stops the start and names its variable, never a secret in it."""

import os
import subprocess
import sys

import pytest
from django.core.exceptions import ImproperlyConfigured

from dashboard.run.processes.children import Child
from dashboard.settings.environment import Variables
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


def given(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    return {f"{name}_FILE": str(tmp_path / name)}


def test_the_content_of_a_file_is_the_value(tmp_path):
    variables = Variables(given(tmp_path, "SLUICE_METRICS_TOKEN", b" sixteen or more!\n"))
    assert variables.secret("SLUICE_METRICS_TOKEN", 16) == "sixteen or more!"
    assert Variables({}).secret("SLUICE_METRICS_TOKEN", 16) == ""


@pytest.mark.parametrize("content", [b"", b" \n", b"\xff\xfe", b"x" * 65_537])
def test_a_file_without_a_value_is_refused(tmp_path, content):
    environ = given(tmp_path, "REDIS_URL", content)
    with pytest.raises(ImproperlyConfigured, match=r"^REDIS_URL_FILE='/"):
        Variables(environ).text("REDIS_URL")


def test_a_file_that_is_missing_is_refused(tmp_path):
    with pytest.raises(ImproperlyConfigured, match=r"^REDIS_URL_FILE='/\S+': No such file"):
        Variables({"REDIS_URL_FILE": str(tmp_path / "none")}).text("REDIS_URL")


def test_a_value_and_a_file_are_refused_together_without_either(tmp_path):
    environ = given(tmp_path, "REDIS_URL", b"redis://:s3cret@127.0.0.1") | {"REDIS_URL": "s3cret"}
    with pytest.raises(ImproperlyConfigured, match="REDIS_URL and REDIS_URL_FILE") as error:
        Variables(environ).text("REDIS_URL")
    assert "s3cret" not in str(error.value)
    assert Variables(environ | {"REDIS_URL_FILE": ""}).text("REDIS_URL") == "s3cret"


def test_the_server_starts_from_files_of_secrets(tmp_path):
    files = given(tmp_path, "DATABASE_URL", b"postgresql://u:s3cret@127.0.0.1/d\n")
    files |= given(tmp_path, "SLUICE_SECRET_KEY", b"k" * 40)
    result = started_with(tmp_path, DATABASE_URL="", **files)
    assert "'PASSWORD': 's3cret'" in result.stdout, result.stderr
    assert not (tmp_path / "secret_key").exists(), "none is generated beside the one given"


def test_a_redis_url_that_is_refused_is_not_printed(tmp_path):
    result = started_with(tmp_path, REDIS_URL="http://:s3cret@127.0.0.1")
    assert "REDIS_URL: expected" in result.stderr and "s3cret" not in result.stderr


@pytest.mark.parametrize("name", ["SLUICE_EXPORT_HOSTS", "SLUICE_CLOUD_HOSTS"])
def test_a_url_instead_of_a_host_name_is_refused(tmp_path, name):
    result = started_with(tmp_path, **{name: "https://api.test"})
    assert result.returncode and f"{name}: 'https://api.test'" in result.stderr


def test_processes_get_neither_the_first_password_nor_its_file(tmp_path, monkeypatch):
    monkeypatch.setenv("SLUICE_ADMIN_PASSWORD_FILE", "/run/secrets/password")
    monkeypatch.setenv("SLUICE_DATA_DIR_FILE", "/run/secrets/folder")
    child = Child("web", "dashboard.run.web", {"SLUICE_DATA_DIR": "x"}, tmp_path / "web.log")
    assert not {"SLUICE_ADMIN_PASSWORD_FILE", "SLUICE_DATA_DIR_FILE"} & set(child.env)


@pytest.mark.parametrize("name", ["SLUICE_TEST_MISBEHAVIOR_FILE", "SLUICE_TEST_CLOUD_PORTS"])
@pytest.mark.parametrize(
    ("variables", "starts"),
    [
        ({"SLUICE_DEBUG": "1"}, True),
        ({}, False),
        ({"SLUICE_DEBUG": "1", "SLUICE_HTTP_HOST": "0.0.0.0"}, False),
        ({"SLUICE_DEBUG": "1", "SLUICE_BEHIND_TLS": "1"}, False),
    ],
)
def test_settings_for_tests_stop_the_start_in_production(tmp_path, name, variables, starts):
    result = started_with(tmp_path, **({name: "8001"} | variables))
    assert (result.returncode == 0) is starts, result.stderr
    assert starts or f"{name} is for tests only" in result.stderr
