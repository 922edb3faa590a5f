"""`manage.py check --deploy`: with SLUICE_BEHIND_TLS, no connection to another machine is in clear.

OWASP ASVS 5.0, 12.3. Warnings, because the network may be private.
"""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import Tags, Warning, register

URLS = ("OTLP_ENDPOINT", "PROMETHEUS_URL", "AUDIT_WEBHOOK_URL")
VERIFIED = ("verify-full", "verify-ca")
"""`sslmode` of libpq that looks at the certificate."""


@register(Tags.security, deploy=True)
def connections_in_clear(app_configs: Any, **_: object) -> list[Warning]:
    """Empty without TLS in front, where everything else is in clear as well."""
    return list(_warnings()) if settings.BEHIND_TLS else []


def _warnings() -> Iterator[Warning]:
    database = settings.DATABASES["default"]
    if "postgresql" in database["ENGINE"] and not is_here(database.get("HOST")):
        if database.get("OPTIONS", {}).get("sslmode") not in VERIFIED:
            yield _warning("W001", "DATABASE_URL", "Add ?sslmode=verify-full.")
    redis = urlsplit(settings.REDIS_URL)
    if redis.scheme == "redis" and not is_here(redis.hostname):
        yield _warning("W002", "REDIS_URL", "Begin it with rediss://.")
    if settings.EMAIL_HOST and settings.SMTP_TLS == "off" and not is_here(settings.EMAIL_HOST):
        yield _warning("W003", "SLUICE_SMTP_TLS", "Set it to starttls or tls.")
    for name in URLS:
        url = urlsplit(getattr(settings, name))
        if url.scheme == "http" and not is_here(url.hostname):
            yield _warning("W004", f"SLUICE_{name}", "Begin it with https://.")
    if not is_here(settings.HTTP_HOST):
        yield _warning("W005", "SLUICE_HTTP_HOST", "Listen on loopback, behind the TLS proxy.")


def is_here(host: str | None) -> bool:
    """Whether `host` is this machine; without one it is a socket in the file system."""
    if not host or host == "localhost" or host.startswith("/"):
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _warning(number: str, variable: str, hint: str) -> Warning:
    problem = f"{variable} leads to another machine without TLS."
    if variable == "SLUICE_HTTP_HOST":
        problem = "Other machines reach the dashboard's port without TLS."
    return Warning(problem, hint=hint, id=f"sluice.{number}")
