"""What Envoy is started with."""

from __future__ import annotations

from pathlib import Path

from routing.agent.base import fingerprint
from routing.agent.base.limits import envoy_connections
from routing.agent.base.process_notes import EnvoyNote
from routing.agent.config import Config
from routing.agent.handover.sockets import tcp_address
from routing.compile import names
from routing.compile.envoy import config as compiled


def settings(config: Config, certificates: int = 0) -> compiled.Settings:
    """The part of the agent's settings that Envoy needs; `certificates` is how many secret files
    it reads."""
    return compiled.Settings(
        public_host=config.host,
        public_port=config.port,
        proof_port=config.proof_port,
        public_headers=config.public_headers,
        compression=config.compression,
        cf=config.cf,
        edge_name=config.name,
        trusted_proxies=config.trusted_proxies,
        connections=envoy_connections(),
        tls_port=config.tls_port,
        certificates=certificates,
        https_port=config.https_port,
        geoip=config.geoip,
    )


def arguments(concurrency: int) -> list[str]:
    """Of each start, without those of a handover."""
    return [
        *("-c", names.BOOTSTRAP),
        *("--concurrency", str(concurrency)),
        "--reject-unknown-dynamic-fields",
        *("--file-flush-interval-msec", "100", "-l", "warning"),
        # While it drains, every response has `Connection: close`.
        *("--drain-strategy", "immediate"),
    ]


def note(
    program: Path, settings: compiled.Settings, concurrency: int, *, metrics_port: int | None
) -> EnvoyNote:
    """For the next agent. Raises `OSError` if the program is missing."""
    return EnvoyNote(
        fingerprint=fingerprint.of_envoy(
            compiled.bootstrap(settings), arguments(concurrency), fingerprint.of_program(program)
        ),
        public=(settings.public_host, settings.public_port),
        proof_port=settings.proof_port,
        tls_port=settings.tls_port,
        metrics_port=metrics_port,
    )


def addresses(settings: compiled.Settings) -> list[str]:
    """Where Envoy listens, in the format of `handover.sockets`."""
    encrypted = [tcp_address(settings.public_host, settings.tls_port)] if settings.tls_port else []
    return [
        tcp_address(settings.public_host, settings.public_port),
        *encrypted,
        tcp_address("127.0.0.1", settings.proof_port),
        f"unix://{names.INTERNAL_SOCKET}",
    ]
