"""Starts workerd with few rights and bounded resources, for versions and for inspections.

Limits are set by a shell in the new process (`ulimit`): Python code between fork and exec is unsafe
with threads. `users` decides which user it runs as.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from routing.agent.users.isolation import User, become
from routing.compile.envoy.listeners import MOST_CONNECTIONS
from routing.home import NODE_MODULES

ENVIRONMENT = {"TZ": "UTC", "NO_COLOR": "1"}
"""The whole environment of such a process, so that no secret of ours is in it."""

CONTROL_OPTION = "--control-fd="
"""An argument of each process that serves."""

_MEGABYTE = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """`data_mb` is writable memory: an idle workerd counts 540 MB, 100,000 requests needed less
    than 1.1 GB. `cpu_seconds` None is unlimited. With `outlives` the process survives the one that
    started it."""

    data_mb: int = 540 + 1024
    files: int = 65_536
    cpu_seconds: int | None = None
    outlives: bool = False


SERVING = Limits(outlives=True)
INSPECTING = Limits(data_mb=540 + 512, files=256, cpu_seconds=2)


@dataclass(frozen=True, slots=True)
class Command:
    """For `subprocess.Popen(command.arguments, **command.options)` or asyncio's."""

    arguments: list[str]
    options: dict[str, Any]


def command(
    arguments: Sequence[str],
    limits: Limits = SERVING,
    *,
    user: User | None,
    pass_fds: Iterable[int] = (),
) -> Command:
    """`workerd <arguments>` with limits, as `user`, or as the agent's own for None.

    A trial ends with the *thread* that starts it (where `setpriv` exists). `user` must be able to
    traverse its working directory (`open_folder`). Raises `FileNotFoundError` when workerd is not
    installed.
    """
    path, fd = _workerd()
    wrapped = [*_privileges(user, limits), "/bin/sh", "-c", _ulimits(limits), "sh", path]
    wrapped += arguments
    options: dict[str, Any] = {
        "env": ENVIRONMENT,
        "pass_fds": (*pass_fds, *(() if fd is None else (fd,))),
        "start_new_session": True,
        # Files of Durable Objects are for all versions of the Worker (`agent.objects.folders`).
        "umask": 0o007 if user and user.groups else 0o077,
        **_identity(user),
    }
    return Command(wrapped, options)


def serve_command(
    listeners: Mapping[str, int],
    control: int,
    limits: Limits = SERVING,
    *,
    user: User | None,
) -> Command:
    """`workerd serve` on listening sockets, by name; configuration on stdin.

    `--experimental` is for static assets. Versions were inspected without it, so none uses an
    experimental compatibility flag.

    It writes a line to the descriptor `control` for each socket it serves (`served_socket`); end of
    file means that the process has ended.
    """
    sockets = [f"--socket-fd={name}={fd}" for name, fd in listeners.items()]
    arguments = ["serve", "--experimental", f"{CONTROL_OPTION}{control}", *sockets, "--binary", "-"]
    return command(arguments, limits, user=user, pass_fds=(control, *listeners.values()))


def served_socket(line: bytes) -> str | None:
    """The socket named in a line of the control descriptor; None for other lines."""
    event = json.loads(line)
    return event.get("socket") if event.get("event") == "listen" else None


def open_folder(folder: Path, group: int | None) -> None:
    """Lets users of `group` traverse `folder`; without one it is private.

    New files get that group, so that a socket's mode can admit it. Parent folders may stay closed:
    processes start inside and use relative paths.
    """
    if group is None:
        folder.chmod(0o700)
        return
    os.chown(folder, -1, group)
    folder.chmod(0o2710)


def _ulimits(limits: Limits) -> str:
    """Soft and hard. The number of files cannot exceed our own limit."""
    files = min(limits.files, resource.getrlimit(resource.RLIMIT_NOFILE)[1])
    parts = ["ulimit -c 0", f"ulimit -d {limits.data_mb * _MEGABYTE // 1024}", f"ulimit -n {files}"]
    if limits.cpu_seconds is not None:
        # First SIGXCPU, so that SIGKILL can only have come from somewhere else: out of memory.
        parts.append(f"ulimit -S -t {limits.cpu_seconds}; ulimit -H -t {limits.cpu_seconds + 1}")
    return "; ".join(parts) + '; exec "$@"'


def _privileges(user: User | None, limits: Limits) -> list[str]:
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        return []
    always = [setpriv, "--no-new-privs", *([] if limits.outlives else ["--pdeathsig", "KILL"])]
    return [*always, *become(user)] if user else always


def _identity(user: User | None) -> dict[str, Any]:
    """Fallback where util-linux is missing."""
    if user is None or shutil.which("setpriv"):
        return {}
    return {"user": user.uid, "group": user.gid, "extra_groups": list(user.groups)}


def program() -> Path:
    """The path of workerd. Raises `FileNotFoundError` when it is not installed."""
    found = sorted(NODE_MODULES.glob("@cloudflare/workerd-*/bin/workerd"))
    if not found:
        raise FileNotFoundError(f"workerd is not installed in {NODE_MODULES}: run `make run`")
    return found[0]


@cache
def _workerd() -> tuple[str, int | None]:
    """The program, and a descriptor to start it through: `nobody` may not be able to read its
    folder."""
    path = program()
    if not Path("/proc/self/fd").is_dir():
        return str(path), None
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    return f"/proc/self/fd/{fd}", fd


def envoy_connections() -> int:
    """Maximum of client connections. Each may need a second file for the version's socket; without
    one Envoy answers 503."""
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if files == resource.RLIM_INFINITY:
        return MOST_CONNECTIONS
    return min(MOST_CONNECTIONS, files // 3)
