"""`manage.py check --deploy` is clean behind TLS; without, its warnings are those of plain http."""

import json
import os
import re
import subprocess
import sys
from unittest import mock

import pytest
from django.conf import settings

from dashboard.run.processes.children import Child
from dashboard.ui.deploy_checks import connections_in_clear
from tests.running import PROJECT

BEHIND_TLS = {"SLUICE_BEHIND_TLS": "1", "SLUICE_PUBLIC_URL": "https://sluice.example.com"}
WITHOUT_TLS = {"security.W004", "security.W008", "security.W011", "security.W016"}
"""No HSTS, no redirect, cookies without `Secure`. In docs/behind-a-proxy.md."""


def run(tmp_path, *command, **variables):
    environment = os.environ | {"SLUICE_DATA_DIR": str(tmp_path), "SLUICE_DEBUG": "0"} | variables
    return subprocess.run(
        [sys.executable, *command], env=environment, cwd=PROJECT, capture_output=True, text=True
    )


def checked(tmp_path, **variables):
    result = run(tmp_path, "manage.py", "check", "--deploy", **variables)
    assert result.returncode == 0, result.stderr
    return set(re.findall(r"\(([a-z_]+\.[A-Z]\d+)\)", result.stdout + result.stderr))


@pytest.mark.slow
def test_behind_tls_the_deploy_check_is_clean(tmp_path):
    assert checked(tmp_path, **BEHIND_TLS) == set()


@pytest.mark.slow
def test_without_tls_only_the_documented_warnings_remain(tmp_path):
    assert checked(tmp_path, SLUICE_BEHIND_TLS="0") == WITHOUT_TLS


def hsts_below(tmp_path, **variables):
    code = (
        "import json, dashboard.settings as s; print(json.dumps(s.SECURE_HSTS_INCLUDE_SUBDOMAINS))"
    )
    return json.loads(run(tmp_path, "-c", code, SLUICE_BEHIND_TLS="1", **variables).stdout)


@pytest.mark.parametrize(
    ("dashboard", "domain", "edge", "covered"),
    [
        ("https://sluice.example.com", "workers.example.com", "http://workers.example.com", True),
        ("https://example.com", "workers.example.com", "https://workers.example.com", True),
        ("https://example.com", "workers.example.com", "http://workers.example.com", False),
        ("https://example.com", "example.com", "http://example.com:8787", False),
    ],
)
def test_hsts_never_cuts_off_workers_over_http(tmp_path, dashboard, domain, edge, covered):
    variables = {
        "SLUICE_PUBLIC_URL": dashboard,
        "SLUICE_DOMAIN": domain,
        "SLUICE_EDGE_PUBLIC_URL": edge,
    }
    assert hsts_below(tmp_path, **variables) is covered


def test_behind_tls_cookies_belong_to_one_host(tmp_path):
    names = ["SESSION_COOKIE_NAME", "CSRF_COOKIE_NAME"]
    flags = ["SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "SESSION_COOKIE_HTTPONLY"]
    code = f"import dashboard.settings as s; print([getattr(s, n) for n in {names + flags}])"
    result = run(tmp_path, "-c", code, **BEHIND_TLS)
    assert result.stdout.strip() == str(["__Host-sessionid", "__Host-csrftoken", True, True, True])


def test_no_process_inherits_the_first_admins_password(tmp_path, monkeypatch):
    monkeypatch.setenv("SLUICE_ADMIN_PASSWORD", "four words of mine")
    child = Child("web", "dashboard.run.web", {"SLUICE_DATA_DIR": "x"}, tmp_path / "web.log")
    assert "SLUICE_ADMIN_PASSWORD" not in child.env and child.env["SLUICE_DATA_DIR"] == "x"


OUTSIDE = {
    "W001": {
        "DATABASES": {
            "default": {"ENGINE": "django.db.backends.postgresql", "HOST": "db.example.test"}
        }
    },
    "W002": {"REDIS_URL": "redis://redis.example.test:6379/0"},
    "W003": {"EMAIL_HOST": "mail.example.test", "SMTP_TLS": "off"},
    "W004": {"OTLP_ENDPOINT": "http://otel.example.test:4318"},
    "W005": {"HTTP_HOST": "0.0.0.0"},
}
SAFE = [
    {"REDIS_URL": "rediss://redis.example.test:6379/0"},
    {"REDIS_URL": "redis://[::1]:6379/0"},
    {"EMAIL_HOST": "mail.example.test", "SMTP_TLS": "starttls"},
    {"EMAIL_HOST": "127.0.0.1", "SMTP_TLS": "off"},
    {"PROMETHEUS_URL": "http://localhost:9090"},
]


@pytest.mark.parametrize("number", OUTSIDE)
def test_behind_tls_a_connection_in_clear_is_named(number):
    with mock.patch.multiple(settings, create=True, BEHIND_TLS=True, **OUTSIDE[number]):
        assert [w.id for w in connections_in_clear(None)] == [f"sluice.{number}"]
    with mock.patch.multiple(settings, create=True, BEHIND_TLS=False, **OUTSIDE[number]):
        assert connections_in_clear(None) == []


@pytest.mark.parametrize("given", SAFE)
def test_tls_and_loopback_are_fine(given):
    with mock.patch.multiple(settings, create=True, BEHIND_TLS=True, **given):
        assert connections_in_clear(None) == []
