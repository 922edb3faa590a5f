"""A version's process for an edge without an agent."""

from __future__ import annotations

import os
import socket
import subprocess
from pathlib import Path
from typing import Any

from routing.agent.base import limits
from routing.compile import names
from routing.compile.workerd import config as workerd
from routing.snapshot import VersionSpec


def serve_version(
    folder: Path, version: VersionSpec, config: bytes, user: Any
) -> subprocess.Popen[bytes]:
    """Returns when it accepts connections on all of its sockets."""
    control, told = os.pipe()
    listeners = {}
    for name in workerd.socket_names(version):
        path = folder / names.socket_file(version.id, name)
        path.unlink(missing_ok=True)
        listeners[name] = listening(folder, names.socket_file(version.id, name))
    fds = {n: s.fileno() for n, s in listeners.items()}
    command = limits.serve_command(fds, told, user=user)
    with open(folder / names.output_file(version.id), "ab") as log:
        process = subprocess.Popen(
            command.arguments,
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            **command.options,
        )
    os.close(told)
    assert process.stdin
    process.stdin.write(config)
    process.stdin.close()
    with os.fdopen(control, "rb") as lines:
        ready = {limits.served_socket(lines.readline()) for _ in listeners}
    assert ready == set(listeners)
    for listener in listeners.values():
        listener.close()
    return process


def stop(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()


def listening(folder: Path, path: str) -> socket.socket:
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(folder / path))
    listener.listen(1024)
    return listener
