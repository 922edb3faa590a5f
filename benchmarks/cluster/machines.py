"""The switch and the machines on it. A machine is a network namespace with one interface."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

NETWORK = "10.77.0"
OWN_ADDRESS = f"{NETWORK}.1"
"""Of the switch: where clients are."""
STOP_SECONDS = 90.0


@dataclass(slots=True)
class Machine:
    """`folder` is its disk."""

    name: str
    number: int
    folder: Path
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def address(self) -> str:
        return f"{NETWORK}.{self.number}"

    def run(self, command: Sequence[str], environment: Mapping[str, str], home: Path) -> str:
        """What a command prints. Raises `CommandFailed`."""
        done = subprocess.run(
            self._on(command),
            cwd=home,
            env=dict(environment),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if done.returncode:
            raise CommandFailed(f"{self.name}: {' '.join(command)}\n{done.stdout}")
        return done.stdout

    def start(
        self, role: str, command: Sequence[str], environment: Mapping[str, str], home: Path
    ) -> None:
        """In the background, with its output in a file."""
        with (self.folder / f"{role}.log").open("ab") as log:
            self.processes[role] = subprocess.Popen(
                self._on(command),
                cwd=home,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def stop(self, role: str, number: signal.Signals = signal.SIGTERM) -> None:
        """Returns when it has ended. `ip netns exec` becomes the command, so the pid is its own."""
        process = self.processes.pop(role)
        process.send_signal(number)
        process.wait(STOP_SECONDS)

    def is_running(self, role: str) -> bool:
        process = self.processes.get(role)
        return process is not None and process.poll() is None

    def set_link(self, up: bool) -> None:
        """Down, its packets are lost without an error, like those of a machine without power."""
        _ip("link", "set", f"port{self.number}", "up" if up else "down")

    def _on(self, command: Sequence[str]) -> list[str]:
        return ["ip", "netns", "exec", self.name, *command]


class CommandFailed(Exception):
    """The message has the command and its output."""


def open_switch() -> None:
    """A bridge in this network namespace, which has no other interface and no default route."""
    Path("/run/netns").mkdir(parents=True, exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", "/run/netns"], check=True)
    _ip("link", "set", "lo", "up")
    _ip("link", "add", "switch", "type", "bridge")
    _ip("addr", "add", f"{OWN_ADDRESS}/24", "dev", "switch")
    _ip("link", "set", "switch", "up")


def connect(name: str, number: int, folder: Path) -> Machine:
    """A new machine at 10.77.0.`number`."""
    machine = Machine(name, number, folder / name)
    machine.folder.mkdir()
    machine.folder.chmod(0o711)
    _ip("netns", "add", name)
    _ip("link", "add", f"port{number}", "type", "veth", "peer", "name", "eth0", "netns", name)
    _ip("link", "set", f"port{number}", "master", "switch", "up")
    _ip("-n", name, "addr", "add", f"{machine.address}/24", "dev", "eth0")
    _ip("-n", name, "link", "set", "eth0", "up")
    _ip("-n", name, "link", "set", "lo", "up")
    return machine


def block(machine: Machine, *others: Machine) -> None:
    """Packets between it and the others are lost."""
    for other in others:
        _ip("-n", machine.name, "route", "add", "blackhole", f"{other.address}/32")


def unblock(machine: Machine, *others: Machine) -> None:
    for other in others:
        _ip("-n", machine.name, "route", "del", "blackhole", f"{other.address}/32")


def _ip(*arguments: str) -> None:
    path = f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin"
    subprocess.run(["ip", *arguments], check=True, env=os.environ | {"PATH": path})
