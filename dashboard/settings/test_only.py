"""Settings for tests between two Sluices on one machine. With one of them set, Sluice starts on
loopback with SLUICE_DEBUG=1 only."""

from __future__ import annotations

import ipaddress
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from dashboard.settings.addresses import BEHIND_TLS, DEBUG, HTTP_HOST
from dashboard.settings.environment import variables


def _check_not_in_production(name: str) -> None:
    try:
        loopback = ipaddress.ip_address(HTTP_HOST).is_loopback
    except ValueError:
        loopback = HTTP_HOST == "localhost"
    if not loopback or BEHIND_TLS or not DEBUG:
        raise ImproperlyConfigured(
            f"{name} is for tests only: it needs SLUICE_DEBUG=1, a loopback address and no TLS "
            "proxy. Remove it in production."
        )


def _ports(name: str) -> frozenset[int]:
    raw = variables.text(name)
    parts = [part.strip() for part in raw.split(",") if part.strip()]
    if not all(part.isascii() and part.isdigit() and 0 < int(part) < 65_536 for part in parts):
        raise ImproperlyConfigured(f"{name}={raw!r}: expected ports, separated by commas.")
    return frozenset(map(int, parts))


#: A JSON file with faults of the API (`dashboard.misbehavior`). SLUICE_TEST_MISBEHAVIOR_FILE.
MISBEHAVIOR_FILE: Path | None = None
if variables.text("SLUICE_TEST_MISBEHAVIOR_FILE"):
    _check_not_in_production("SLUICE_TEST_MISBEHAVIOR_FILE")
    MISBEHAVIOR_FILE = Path(variables.text("SLUICE_TEST_MISBEHAVIOR_FILE")).resolve()
#: Loopback ports where a connected account's API may be, as if public. SLUICE_TEST_CLOUD_PORTS.
CLOUD_LOOPBACK_PORTS = _ports("SLUICE_TEST_CLOUD_PORTS")
if CLOUD_LOOPBACK_PORTS:
    _check_not_in_production("SLUICE_TEST_CLOUD_PORTS")
