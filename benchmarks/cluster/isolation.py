"""Runs this program in namespaces of its own: network, mounts, processes. They end with it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence

_INSIDE = "SLUICE_CLUSTER_INSIDE"


def obstacle() -> str:
    """Why namespaces cannot be made here; "" if they can."""
    if os.geteuid() != 0:
        return "only root can make network namespaces"
    if missing := [name for name in ("unshare", "ip", "nginx") if not _program(name)]:
        return f"{', '.join(missing)} is missing"
    done = subprocess.run(
        [*_UNSHARE, "ip", "link", "add", "try", "type", "bridge"], capture_output=True, text=True
    )
    return done.stderr.strip()


_UNSHARE = ("unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc")


def is_inside() -> bool:
    return os.environ.get(_INSIDE) == "1"


def run_inside(module: str, arguments: Sequence[str]) -> int:
    """This program again, in new namespaces; its exit code."""
    command = [*_UNSHARE, sys.executable, "-m", module, *arguments]
    return subprocess.run(command, env=os.environ | {_INSIDE: "1"}, check=False).returncode


def _program(name: str) -> str | None:
    return shutil.which(name, path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin")
