"""How a process with somebody's code in it is started: few rights, bounded resources.

Used for versions that serve and for uploads that are inspected. Limits are set by a shell in the
new process (`ulimit`) and not in Python between fork and exec, which is unsafe beside threads. As
whom it runs is decided in `users`.
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

ENVIRONMENT = {"TZ": "UTC", "NO_COLOR": "1"}
"""All that such a process sees of the environment: none of ours, so no secret of ours."""

CONTROL_OPTION = "--control-fd="
"""Among the arguments of each process that serves."""

_NODE_MODULES = Path(__file__).resolve().parents[3] / "node_modules"
_MEGABYTE = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """`data_mb` counts what a process may write to; an idle workerd already counts 540 MB and
    100,000 requests needed less than 1.1 GB. `cpu_seconds` None: for ever. What serves outlives the
    process that started it (`outlives`); a trial does not."""

    data_mb: int = 540 + 1024
    files: int = 65_536
    cpu_seconds: int | None = None
    outlives: bool = False


SERVING = Limits(outlives=True)
INSPECTING = Limits(data_mb=540 + 512, files=256, cpu_seconds=2)


@dataclass(frozen=True, slots=True)
class Command:
    """For `subprocess.Popen(command.arguments, **command.options)` or its asyncio twin."""

    arguments: list[str]
    options: dict[str, Any]


def command(
    arguments: Sequence[str],
    limits: Limits = SERVING,
    *,
    user: User | None,
    pass_fds: Iterable[int] = (),
) -> Command:
    """`workerd <arguments>`, limited, as `user`; as ourselves where that is None.

    A trial dies with the *thread* that starts it (where `setpriv` is there). Its working directory
    must be one that `user` may pass through; see `open_folder`. Raises `FileNotFoundError` when
    workerd is not installed.
    """
    path, fd = _workerd()
    wrapped = [*_privileges(user, limits), "/bin/sh", "-c", _ulimits(limits), "sh", path]
    wrapped += arguments
    options: dict[str, Any] = {
        "env": ENVIRONMENT,
        "pass_fds": (*pass_fds, *(() if fd is None else (fd,))),
        "start_new_session": True,
        "umask": 0o077,
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
    """`workerd serve` on sockets that are already listening, by name; configuration on stdin.

    On the descriptor `control` it writes a line for each socket it serves (`served_socket`), and
    its end means that the process has ended.
    """
    sockets = [f"--socket-fd={name}={fd}" for name, fd in listeners.items()]
    arguments = ["serve", f"{CONTROL_OPTION}{control}", *sockets, "--binary", "-"]
    return command(arguments, limits, user=user, pass_fds=(control, *listeners.values()))


def served_socket(line: bytes) -> str | None:
    """The socket that a line on the control descriptor announces, if it announces one."""
    event = json.loads(line)
    return event.get("socket") if event.get("event") == "listen" else None


def open_folder(folder: Path, group: int | None) -> None:
    """Lets users of `group` pass through `folder`, and nobody else but us; without one, nobody.

    What is made in it belongs to that group, so that a socket's mode can let them in. Nothing above
    it needs to be open: they start inside and use relative paths.
    """
    if group is None:
        folder.chmod(0o700)
        return
    os.chown(folder, -1, group)
    folder.chmod(0o2710)


def _ulimits(limits: Limits) -> str:
    """Soft and hard at once. More files than we ourselves may have cannot be given."""
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
    """The fallback where util-linux is missing."""
    if user is None or shutil.which("setpriv"):
        return {}
    return {"user": user.uid, "group": user.gid, "extra_groups": []}


def program() -> Path:
    """workerd's file. Raises `FileNotFoundError` when it is not installed."""
    found = sorted(_NODE_MODULES.glob("@cloudflare/workerd-*/bin/workerd"))
    if not found:
        raise FileNotFoundError(f"workerd is not installed in {_NODE_MODULES}: run `make run`")
    return found[0]


@cache
def _workerd() -> tuple[str, int | None]:
    """The program, and the open file it is started through: its folder may be closed to nobody."""
    path = program()
    if not Path("/proc/self/fd").is_dir():
        return str(path), None
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    return f"/proc/self/fd/{fd}", fd


def envoy_connections() -> int:
    """Callers' connections at a time. Each may need a second file towards a version; without one
    Envoy answers 503 and logs a stack trace, each time."""
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if files == resource.RLIM_INFINITY:
        return MOST_CONNECTIONS
    return min(MOST_CONNECTIONS, files // 3)
