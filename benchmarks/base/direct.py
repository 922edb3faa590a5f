"""The same workerd without any proxy: one version of the edge's, listening on TCP."""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks.base.machine import SERVER, children, on_core
from benchmarks.base.split import Split
from benchmarks.base.system import System
from routing.agent.base import limits
from routing.agent.base.capnp_config import encode, runtime
from routing.agent.base.sealed_file import Seal
from routing.agent.identity.key_file import DEFAULT, load_or_create
from routing.agent.users.claims import Users
from routing.agent.users.isolation import User, possible
from routing.compile import names
from routing.compile.workerd import config as workerd
from routing.snapshot import VersionSpec, from_json


@contextmanager
def listening(system: System, split: Split) -> Iterator[tuple[int, list[int]]]:
    """(port, process ids) of the old version's twin: the agent's configuration, limits and user."""
    config = _config(system, split)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        control, told = os.pipe()
        fds, user = {names.socket(): listener.fileno()}, _user()
        command = limits.serve_command(fds, told, user=user)
        with on_core(SERVER):
            process = subprocess.Popen(
                command.arguments,
                cwd=system.edge_folder,
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                **command.options,
            )
        os.close(told)
        try:
            assert process.stdin is not None
            process.stdin.write(config)
            process.stdin.close()
            with os.fdopen(control, "rb") as lines:
                assert limits.served_socket(lines.readline()) == names.socket()
                yield listener.getsockname()[1], [process.pid, *children(process.pid)]
        finally:
            process.kill()
            process.wait()


def _user() -> User | None:
    isolation = possible()
    return Users(isolation, group=isolation.group).claim().user


def _config(system: System, split: Split) -> bytes:
    version = _version(system, split.old)
    folder = system.edge_folder / "modules"
    contents = {m.sha256: (folder / m.sha256).read_bytes() for m in version.modules}
    return encode(workerd.config(split.worker, version, contents, slot=0, runtime=runtime()))


def _version(system: System, version_id: str) -> VersionSpec:
    seal = Seal(load_or_create(system.edge_folder / DEFAULT).private_bytes_raw())
    snapshot = from_json(seal.open((system.edge_folder / "snapshot.json").read_bytes()))
    return next(v for worker in snapshot.workers for v in worker.versions if v.id == version_id)
