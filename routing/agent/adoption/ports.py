"""The ports of an edge: free, or those of the Envoy that it adopts."""

from __future__ import annotations

import errno
import socket
from dataclasses import replace
from pathlib import Path

from routing.agent.adoption.notes import PIDS, EnvoyNote, Note, read_all
from routing.agent.config import Config


class PortTaken(Exception):
    """Another program listens there; the message says where and which variable to change."""


def with_ports(settings: Config, envoy: Note | None) -> Config:
    """The settings with the ports that were left open chosen: those that were chosen before,
    where an Envoy outlived its agent. Raises `PortTaken`."""
    before = envoy.envoy if envoy is not None else None
    proof = settings.proof_port or (before.proof_port if before else free_port())
    if before is None or before.public != (settings.host, settings.port):
        check_port(settings.host, settings.port, "SLUICE_EDGE_PORT")
    if before is None or before.proof_port != proof:
        check_port("127.0.0.1", proof, "SLUICE_EDGE_PROOF_PORT")
    return replace(settings, proof_port=proof, metrics_port=_metrics_port(settings, before))


def _metrics_port(settings: Config, before: EnvoyNote | None) -> int | None:
    asked = settings.metrics_port
    if asked:
        check_port("127.0.0.1", asked, "SLUICE_EDGE_METRICS_PORT")
    if asked != 0:
        return asked
    try:
        if before is not None and before.metrics_port:
            check_port("127.0.0.1", before.metrics_port, "SLUICE_EDGE_METRICS_PORT")
            return before.metrics_port
    except PortTaken:
        pass  # nobody fixed it, so another one will do
    return free_port()


def serves_on(folder: Path, port: int) -> bool:
    """Does the Envoy of this edge's folder hold the port? Then the next agent adopts it."""
    return any(
        note.envoy is not None and note.envoy.public[1] == port and note.process.is_running()
        for note in read_all(folder / PIDS)
    )


def check_port(host: str, port: int, variable: str) -> None:
    """Envoy would share the port with another Envoy without a word."""
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
            raise PortTaken(f"{variable}={port}: {why} on {host}. Set another.") from error


def free_port() -> int:
    """A loopback port without a listener."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
