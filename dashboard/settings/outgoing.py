"""Requests that Sluice sends to other services."""

from __future__ import annotations

import re

from django.core.exceptions import ImproperlyConfigured

from dashboard.egress.signatures import SecretInvalid, key_of
from dashboard.settings.environment import variables


def _hosts(name: str, default: str = "") -> frozenset[str]:
    """Host names and addresses, comma separated."""
    parts = [part.strip().lower().strip("[]") for part in variables.text(name, default).split(",")]
    hosts = frozenset(filter(None, parts))
    for host in hosts:
        if not re.fullmatch(r"[a-z0-9_.:-]{1,253}", host):
            raise ImproperlyConfigured(f"{name}: {host!r} is not a host name.")
    return hosts


#: Hosts that exports, hooks and guardrails may reach, comma separated. SLUICE_EXPORT_HOSTS.
EXPORT_HOSTS = _hosts("SLUICE_EXPORT_HOSTS", "localhost,127.0.0.1,::1")
#: API hosts of Cloudflare accounts that can be connected, comma separated: `api.cloudflare.com`.
#: Empty switches accounts off, and nothing is ever sent. SLUICE_CLOUD_HOSTS.
CLOUD_HOSTS = _hosts("SLUICE_CLOUD_HOSTS")
#: Whether requests go to confirmed addresses of connected accounts' Workers.
#: SLUICE_CLOUD_REQUESTS.
CLOUD_REQUESTS = variables.switch("SLUICE_CLOUD_REQUESTS", False)


def _allowed_url(name: str, expected: str, *, user: bool = True, query: bool = True) -> str:
    """An http(s) URL whose host is in `EXPORT_HOSTS`, or empty. It may not name a user or have a
    query unless those are true."""
    parts = variables.url(name, expected)
    if parts is None:
        return ""
    if (parts.username and not user) or (parts.query and not query):
        raise ImproperlyConfigured(f"{name}: expected {expected}.")
    if parts.hostname not in EXPORT_HOSTS:
        raise ImproperlyConfigured(f"{name}: add {parts.hostname} to SLUICE_EXPORT_HOSTS first.")
    return variables.text(name)


def _check_key(secret: str) -> None:
    try:
        key_of(secret)
    except SecretInvalid as error:
        raise ImproperlyConfigured(
            "SLUICE_AUDIT_WEBHOOK_SECRET: expected whsec_ and the base64 of 24 to 64 random bytes."
        ) from error


#: The Prometheus that guardrails of rollouts query by default. SLUICE_PROMETHEUS_URL.
PROMETHEUS_URL = _allowed_url("SLUICE_PROMETHEUS_URL", "http://host:port")
#: Where spans go, as http://127.0.0.1:4318; nowhere when unset. SLUICE_OTLP_ENDPOINT.
OTLP_ENDPOINT = _allowed_url("SLUICE_OTLP_ENDPOINT", "http://host:port", user=False, query=False)
#: Where each entry of the audit trail is sent, signed. SLUICE_AUDIT_WEBHOOK_URL.
AUDIT_WEBHOOK_URL = _allowed_url("SLUICE_AUDIT_WEBHOOK_URL", "https://host/path", user=False)
#: Signs it: whsec_ and the base64 of 24 to 64 random bytes. SLUICE_AUDIT_WEBHOOK_SECRET.
AUDIT_WEBHOOK_SECRET = variables.text("SLUICE_AUDIT_WEBHOOK_SECRET")
if AUDIT_WEBHOOK_URL:
    _check_key(AUDIT_WEBHOOK_SECRET)
