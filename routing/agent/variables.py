"""Reads environment variables; refuses invalid ones by name."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from routing.agent.base.transport import is_plain_http
from routing.agent.users import isolation
from routing.agent.users.ranges import RangeInvalid
from routing.snapshot import Secret

_TOKEN = re.compile(r"[!-~]{8,512}")


class ConfigInvalid(Exception):
    """The message names the variable and what is expected."""


def is_token(text: str) -> bool:
    return _TOKEN.fullmatch(text) is not None


class Variables:
    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ

    def matching(self, name: str, default: str, pattern: str, expected: str) -> str:
        raw = self._environ.get(name) or default
        if not re.fullmatch(pattern, raw):
            raise ConfigInvalid(f"{name}={raw!r}: expected {expected}.")
        return raw

    def whole(self, name: str, default: int, least: int, most: int) -> int:
        raw = self._environ.get(name) or str(default)
        if not raw.isascii() or not raw.isdigit() or not least <= int(raw) <= most:
            raise ConfigInvalid(f"{name}={raw!r}: expected a number from {least} to {most}.")
        return int(raw)

    def networks(self, name: str) -> tuple[str, ...]:
        """CIDRs or single addresses, separated by commas."""
        raw = self._environ.get(name) or ""
        try:
            return tuple(str(ip_network(text.strip())) for text in raw.split(",") if text.strip())
        except ValueError as error:
            expected = "networks as 10.0.0.0/8, separated by commas"
            raise ConfigInvalid(f"{name}={raw!r}: {error}; expected {expected}.") from error

    def json_object(self, name: str) -> dict[str, Any]:
        raw = self._environ.get(name) or "{}"
        try:
            given = json.loads(raw)
        except ValueError:
            given = None
        if not isinstance(given, dict) or len(raw) > 4096:
            expected = 'a JSON object such as {"country": "US"}'
            raise ConfigInvalid(f"{name}={raw[:200]!r}: expected {expected}.")
        return given

    def user_ids(self) -> range | None:
        """Without root they are ignored."""
        try:
            return isolation.asked_for(self._environ)
        except RangeInvalid as error:
            raw = self._environ.get(isolation.VARIABLE)
            raise ConfigInvalid(f"{isolation.VARIABLE}={raw!r}: {error}.") from error

    def parent(self) -> int | None:
        """The process to end with. The starter passes its own id: getppid() would return whichever
        process adopted us once it is gone."""
        said = self.whole("SLUICE_PARENT_PID", os.getppid(), 0, 2**31 - 1)
        return said if self.switch("SLUICE_EXIT_WITH_PARENT", False) else None

    def optional_port(self, name: str) -> int | None:
        """0 is off, `auto` picks a free one."""
        if self._environ.get(name) == "auto":
            return 0
        return self.whole(name, 0, 0, 65535) or None

    def geoip_files(self, name: str) -> dict[str, str]:
        """Paths of MaxMind databases by kind, separated by commas."""
        raw = self._environ.get(name) or ""
        paths = [Path(text.strip()).absolute() for text in raw.split(",") if text.strip()]
        if not paths:
            return {}
        from routing.agent.base.geoip_files import GeoipInvalid, database_kind  # memory

        try:
            return {database_kind(path): str(path) for path in paths}
        except GeoipInvalid as error:
            raise ConfigInvalid(f"{name}: {error}.") from error

    def redirect_port(self, name: str, tls_port: int | None) -> int | None:
        """On: the port with TLS; or the port where clients reach it; None is off."""
        raw = (self._environ.get(name) or "0").lower()
        if raw.isascii() and raw.isdigit() and 1 < int(raw) <= 65535:
            port: int | None = int(raw)
        else:
            port = tls_port if self.switch(name, False) else None
        if raw not in {"0", "false", "no", "off"} and tls_port is None:
            raise ConfigInvalid(
                f"{name}={raw!r}: expected a certificate in SLUICE_EDGE_TLS_*, too."
            )
        return port

    def seconds(self, name: str, default: float) -> float:
        raw = self._environ.get(name) or str(default)
        if not re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,3})?", raw):
            raise ConfigInvalid(f"{name}={raw!r}: expected a number of seconds.")
        return float(raw)

    def switch(self, name: str, default: bool) -> bool:
        raw = (self._environ.get(name) or ("1" if default else "0")).lower()
        if raw not in {"0", "1", "true", "false", "yes", "no", "on", "off"}:
            raise ConfigInvalid(f"{name}={raw!r}: expected 1 or 0.")
        return raw in {"1", "true", "yes", "on"}

    def url(self, name: str, default: str) -> str:
        raw = self._environ.get(name) or default
        parts = urlsplit(raw)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query:
            raise ConfigInvalid(f"{name}={raw!r}: expected http://host:port.")
        return raw.rstrip("/")

    def control_url(self, *, joins: bool) -> str:
        """Refuses plain http to another machine for an edge that joins."""
        url = self.url("SLUICE_CONTROL_URL", "http://127.0.0.1:8000")
        is_allowed = self.switch("SLUICE_EDGE_ALLOW_HTTP", False)
        if joins and is_plain_http(url) and not is_allowed:
            raise ConfigInvalid(
                f"SLUICE_CONTROL_URL={url!r}: expected https, because the edge's token would "
                "travel unencrypted. SLUICE_EDGE_ALLOW_HTTP=1 allows it."
            )
        return url

    def token(self) -> Secret | None:
        return self._secret("SLUICE_EDGE_TOKEN", "manage.py edge create --name NAME")

    def state_url(self, data: Path) -> str:
        raw = self._environ.get("SLUICE_STATE_URL") or ""
        if not raw:
            folder = Path(self._environ.get("SLUICE_STATE_DIR") or data / "state")
            return f"unix:{folder.resolve() / 'state.sock'}"
        if not re.fullmatch(r"unix:/.+|https://[A-Za-z0-9_.:\[\]-]+", raw):
            expected = "unix:/path/to/state.sock or https://host:port"
            raise ConfigInvalid(f"SLUICE_STATE_URL={raw!r}: expected {expected}.")
        return raw

    def join_token(self) -> Secret | None:
        return self._secret("SLUICE_EDGE_JOIN_TOKEN", "manage.py edge add --name NAME")

    def token_file(self) -> Path | None:
        is_used = not self._environ.get("SLUICE_EDGE_TOKEN", "").strip()
        return self.path("SLUICE_EDGE_TOKEN_FILE") if is_used else None

    def path(self, name: str) -> Path | None:
        given = self._environ.get(name)
        return Path(given).absolute() if given else None

    def _secret(self, name: str, command: str) -> Secret | None:
        """No message contains it, even if it is invalid. None if it is not set."""
        given = self._environ.get(name, "").strip() or self._content(f"{name}_FILE")
        if not given:
            return None
        if not is_token(given):
            raise ConfigInvalid(
                f"{name}: expected a token. Create one on the control plane: {command}"
            )
        return Secret(given)

    def _content(self, name: str) -> str:
        path = self._environ.get(name)
        if not path:
            return ""
        try:
            return Path(path).read_text().strip()
        except OSError as error:
            raise ConfigInvalid(f"{name}={path!r}: {error.strerror}.") from error

    def program(self, name: str, default: Path | None) -> Path:
        given = self._environ.get(name)
        path = Path(given) if given else default
        if path is None or not os.access(path, os.X_OK):
            raise ConfigInvalid(f"{name}={str(path)!r}: expected a program. Run `make run` once.")
        return path
