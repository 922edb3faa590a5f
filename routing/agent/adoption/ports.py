"""Chooses the ports of an edge, or keeps those of the Envoy that it adopts."""

from __future__ import annotations

import errno
import socket
from dataclasses import replace
from pathlib import Path

from routing.agent.base.process_notes import PIDS, EnvoyNote, Note, read_all
from routing.agent.config import Config


class PortInUse(Exception):
    """The message names the variable to change."""


def with_ports(settings: Config, envoy: Note | None) -> Config:
    """Fills in the ports that are not configured. Raises `PortInUse`."""
    before = envoy.envoy if envoy is not None else None
    proof = settings.proof_port or (before.proof_port if before else free_port())
    if before is None or before.public != (settings.host, settings.port):
        check_port(settings.host, settings.port, "SLUICE_EDGE_PORT")
    tls = settings.tls_port
    if tls and (before is None or (before.public[0], before.tls_port) != (settings.host, tls)):
        check_port(settings.host, tls, "SLUICE_EDGE_TLS_PORT")
    if before is None or before.proof_port != proof:
        check_port("127.0.0.1", proof, "SLUICE_EDGE_PROOF_PORT")
    return replace(settings, proof_port=proof, metrics_port=_metrics_port(settings, before))


def _metrics_port(settings: Config, before: EnvoyNote | None) -> int | None:
    asked = settings.metrics_port
    if asked:
        check_port(settings.metrics_host, asked, "SLUICE_EDGE_METRICS_PORT")
    if asked != 0:
        return asked
    try:
        if before is not None and before.metrics_port:
            check_port(settings.metrics_host, before.metrics_port, "SLUICE_EDGE_METRICS_PORT")
            return before.metrics_port
    except PortInUse:
        pass  # not configured, so any port will do
    return free_port()


def serves_on(folder: Path, port: int) -> bool:
    """Does this edge's own Envoy use the port? Then the next agent adopts it."""
    return any(
        note.envoy is not None and note.envoy.public[1] == port and note.process.is_running()
        for note in read_all(folder / PIDS)
    )


def check_port(host: str, port: int, variable: str) -> None:
    """Needed because Envoy would silently share the port with another Envoy."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                why = "another program uses this port"
            else:
                why = error.strerror or str(error)
            raise PortInUse(f"{variable}={port}: {why} on {host}. Set another.") from error


def free_port() -> int:
    """An unused loopback port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
