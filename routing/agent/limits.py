"""How a process with somebody's code in it is started: few rights, bounded resources.

Used for versions that serve and for uploads that are inspected. Limits are set by a shell in the
new process (`ulimit`) and not in Python between fork and exec, which is unsafe beside threads.
"""

from __future__ import annotations

import json
import logging
import os
import resource
import shutil
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

log = logging.getLogger("edge")

NOBODY = 65534
ENVIRONMENT = {"TZ": "UTC", "NO_COLOR": "1"}
"""All that such a process sees of the environment: none of ours, so no secret of ours."""

_NODE_MODULES = Path(__file__).resolve().parents[2] / "node_modules"
_MEGABYTE = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """`data_mb` counts what a process may write to; an idle workerd already counts 540 MB and
    100,000 requests needed less than 1.1 GB. `cpu_seconds` None: for ever."""

    data_mb: int = 540 + 1024
    files: int = 65_536
    cpu_seconds: int | None = None


SERVING = Limits()
INSPECTING = Limits(data_mb=540 + 512, files=256, cpu_seconds=2)


@dataclass(frozen=True, slots=True)
class Command:
    """For `subprocess.Popen(command.arguments, **command.options)` or its asyncio twin."""

    arguments: list[str]
    options: dict[str, Any]


def command(
    arguments: Sequence[str], limits: Limits = SERVING, *, pass_fds: Iterable[int] = ()
) -> Command:
    """`workerd <arguments>`, limited and, when we are root, as nobody.

    The process dies with the *thread* that starts it (where `setpriv` is there), so start what
    shall live in the main thread. Its working directory must be one that user 65534 may pass
    through; see `open_folder`. Raises `FileNotFoundError` when workerd is not installed.
    """
    program, fd = _workerd()
    wrapped = [*_privileges(), "/bin/sh", "-c", _ulimits(limits), "sh", program, *arguments]
    options: dict[str, Any] = {
        "env": ENVIRONMENT,
        "pass_fds": (*pass_fds, *(() if fd is None else (fd,))),
        "start_new_session": True,
        "umask": 0o077,
        **_identity(),
    }
    return Command(wrapped, options)


def serve_command(listeners: Mapping[str, int], control: int, limits: Limits = SERVING) -> Command:
    """`workerd serve` on sockets that are already listening, by name; configuration on stdin.

    On the descriptor `control` it writes a line for each socket it serves (`served_socket`), and
    its end means that the process has ended.
    """
    sockets = [f"--socket-fd={name}={fd}" for name, fd in listeners.items()]
    arguments = ["serve", f"--control-fd={control}", *sockets, "--binary", "-"]
    return command(arguments, limits, pass_fds=(control, *listeners.values()))


def served_socket(line: bytes) -> str | None:
    """The socket that a line on the control descriptor announces, if it announces one."""
    event = json.loads(line)
    return event.get("socket") if event.get("event") == "listen" else None


def open_folder(folder: Path) -> None:
    """Lets our unprivileged processes, and nobody else, pass through `folder`.

    Nothing above it needs to be open: they start inside and use relative paths.
    """
    if os.geteuid() == 0 and _can_become_nobody():
        os.chown(folder, 0, NOBODY)
    folder.chmod(0o710)


def _ulimits(limits: Limits) -> str:
    """Soft and hard at once. More files than we ourselves may have cannot be given."""
    files = min(limits.files, resource.getrlimit(resource.RLIMIT_NOFILE)[1])
    parts = ["ulimit -c 0", f"ulimit -d {limits.data_mb * _MEGABYTE // 1024}", f"ulimit -n {files}"]
    if limits.cpu_seconds is not None:
        # First SIGXCPU, so that SIGKILL can only have come from somewhere else: out of memory.
        parts.append(f"ulimit -S -t {limits.cpu_seconds}; ulimit -H -t {limits.cpu_seconds + 1}")
    return "; ".join(parts) + '; exec "$@"'


def _privileges() -> list[str]:
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        return []
    always = [setpriv, "--no-new-privs", "--pdeathsig", "KILL"]
    if os.geteuid() != 0 or not _can_become_nobody():
        return always
    return [*always, *_BECOME_NOBODY]


_BECOME_NOBODY = [
    *("--reuid", str(NOBODY), "--regid", str(NOBODY), "--clear-groups"),
    *("--bounding-set=-all", "--inh-caps=-all"),
]


@cache
def _can_become_nobody() -> bool:
    """False for the root of a container that has no second user: there is nobody to become.

    Its processes then run as the agent's user, who is unprivileged on the machine itself.
    """
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        return True
    tried = subprocess.run([setpriv, *_BECOME_NOBODY, "/bin/true"], capture_output=True)
    if tried.returncode != 0:
        reason = tried.stderr.decode(errors="replace").strip()
        log.warning("versions run as the agent's own user: %s", reason)
    return tried.returncode == 0


def _identity() -> dict[str, Any]:
    """The fallback where util-linux is missing."""
    if os.geteuid() != 0 or shutil.which("setpriv"):
        return {}
    return {"user": NOBODY, "group": NOBODY, "extra_groups": []}


@cache
def _workerd() -> tuple[str, int | None]:
    """The program, and the open file it is started through: its folder may be closed to nobody."""
    found = sorted(_NODE_MODULES.glob("@cloudflare/workerd-*/bin/workerd"))
    if not found:
        raise FileNotFoundError(f"workerd is not installed in {_NODE_MODULES}: run `make run`")
    if not Path("/proc/self/fd").is_dir():
        return str(found[0]), None
    fd = os.open(found[0], os.O_RDONLY | os.O_CLOEXEC)
    return f"/proc/self/fd/{fd}", fd
