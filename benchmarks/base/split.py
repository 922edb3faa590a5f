"""The deployment under test: one Worker, version 2 at 10%, on a system that is pinned to cores.

Everything that answers a request runs on one core and the load generator on the other, so that
requests per second mean the same for all: what one core can do.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.base import machine, system as systems
from benchmarks.base.system import System
from routing.compile import names

WORKER = "hello"
PERCENT = 10
SOURCE = """\
export default {
  fetch(request, env) {
    return new Response(env.VERSION.id);
  },
};
"""


@dataclass(frozen=True)
class Split:
    """A Worker's two versions, where their processes listen, and the newer one's percentage."""

    worker: str
    old: str
    new: str
    old_socket: Path
    new_socket: Path
    percent: int


@contextmanager
def deployed(**environment: str) -> Iterator[tuple[System, Split]]:
    """The running system and its split. One Envoy thread, as the peers have."""
    with systems.running(SLUICE_EDGE_CONCURRENCY="1", **environment) as system:
        old = system.upload(WORKER, SOURCE, live=True)
        new = system.upload(WORKER, SOURCE)
        deployment = system.deploy(WORKER, (new, PERCENT), (old, 100 - PERCENT))
        system.wait_for(WORKER, deployment)
        pin(system)
        yield (
            system,
            Split(WORKER, old, new, socket_of(system, old), socket_of(system, new), PERCENT),
        )


def pin(system: System) -> None:
    """The edge to the server's core; the control plane, elsewhere in earnest, to the client's."""
    for role, pids in system.processes().items():
        machine.pin(pids, machine.CLIENT if role in ("run", "web") else machine.SERVER)


def socket_of(system: System, version: str) -> Path:
    """Where a version's process listens on the edge."""
    return system.edge_folder / names.socket_file(version, names.socket())
