"""What Envoy is started with, and its first clusters and routes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from routing.agent.base import fingerprint
from routing.agent.base.limits import envoy_connections
from routing.agent.base.process_notes import EnvoyNote
from routing.agent.config import Config
from routing.agent.handover.sockets import tcp_address
from routing.compile import names
from routing.compile.envoy import config as compiled
from routing.snapshot import Snapshot, VersionSpec

_LOGGED = re.compile(r"^\[[^\]]*\]\[[0-9]+\]\[(?:warning|error|critical)\]\[[^\]]*\] ?(.*)")


def settings(config: Config) -> compiled.Settings:
    """The part of the agent's settings that Envoy needs."""
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
        metrics_port=metrics_port,
    )


def last_problem(output: bytes) -> str:
    """The last warning or error that Envoy logged; "" for none."""
    lines = output.decode("utf-8", "replace").splitlines()
    problems = [match[1] for line in lines if (match := _LOGGED.match(line))]
    return problems[-1] if problems else ""


def addresses(settings: compiled.Settings) -> list[str]:
    """Where Envoy listens, in the format of `handover.sockets`."""
    return [
        tcp_address(settings.public_host, settings.public_port),
        tcp_address("127.0.0.1", settings.proof_port),
        f"unix://{names.INTERNAL_SOCKET}",
    ]


def clusters(versions: Sequence[VersionSpec], renewals: Mapping[str, int]) -> list[dict[str, Any]]:
    """Envoy's clusters of these versions. Another number in `renewals` makes it reconnect."""
    endpoints, counts = {}, {}
    for version in versions:
        for entrypoint in names.entrypoints(version):
            name = names.cluster(version.id, entrypoint)
            endpoints[name] = [names.socket_file(version.id, names.socket(entrypoint))]
            counts[name] = renewals.get(version.id, 0)
    return compiled.clusters(endpoints, counts)


def routes(
    snapshot: Snapshot,
    slots: Mapping[str, int],
    leaving: Mapping[str, Sequence[VersionSpec]],
    coming: frozenset[str] = frozenset(),
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """(public, internal)."""
    public = compiled.public_routes(snapshot, coming)
    return [public], [compiled.internal_routes(snapshot, slots, leaving)]
