"""What this machine allows: a user for each version, one for all, or only the agent's own."""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from pathlib import Path

from routing.agent.users.ranges import DEFAULTS, is_mapped, parse

log = logging.getLogger("edge")

NOBODY = 65_534
VARIABLE = "SLUICE_EDGE_UIDS"


class Kind(StrEnum):
    """`own`: each version has its own user. `shared`: all run as nobody, like other programs.
    `agent`: all run as the agent's user and can read its files."""

    own = "own"
    shared = "shared"
    agent = "agent"


@dataclass(frozen=True, slots=True)
class User:
    """`groups` are supplementary ones."""

    uid: int
    gid: int
    groups: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Isolation:
    """`reason` is why it is not better; "" for `own`. `group` may traverse the edge's folder and
    connect to the sockets for versions: its id is the range's first, which no process has as its
    user. None for the agent's own group."""

    kind: Kind
    reason: str = ""
    group: int | None = None
    uids: range = field(default=range(0))


def possible(asked: range | None = None) -> Isolation:
    """The best this machine allows, with the configured range or a default one."""
    found = _possible((asked,) if asked else DEFAULTS)
    if found.kind is not Kind.own:
        log.warning("%s: %s", _SAID[found.kind], found.reason)
    return found


def asked_for(environ: Mapping[str, str]) -> range | None:
    """SLUICE_EDGE_UIDS; None if it is not set. Raises `RangeInvalid`."""
    text = environ.get(VARIABLE, "")
    return parse(text) if text else None


def become(user: User) -> list[str]:
    """Options of setpriv(1): this user, no groups but its own, no capabilities."""
    groups = ["--groups", ",".join(map(str, user.groups))] if user.groups else ["--clear-groups"]
    return [
        *("--reuid", str(user.uid), "--regid", str(user.gid), *groups),
        *("--bounding-set=-all", "--inh-caps=-all"),
    ]


_SAID = {
    Kind.shared: "versions share one user",
    Kind.agent: "versions run as the agent's own user",
}


@cache
def _possible(ranges: Sequence[range]) -> Isolation:
    if os.geteuid() != 0:
        return Isolation(kind=Kind.agent, reason="the agent does not run as root")
    mapped = [ids for ids in ranges if _has(ids)]
    for ids in mapped:
        if not _refused(User(ids.stop - 1, ids.start)):
            return Isolation(kind=Kind.own, group=ids.start, uids=ids[1:])
    refused = _refused(User(NOBODY, NOBODY))
    if refused:
        return Isolation(kind=Kind.agent, reason=refused)
    why = "no range of user ids" if mapped else f"no user ids of {VARIABLE}"
    return Isolation(kind=Kind.shared, reason=f"{why} is mapped here", group=NOBODY)


def _has(ids: range) -> bool:
    try:
        maps = [Path(f"/proc/self/{name}").read_text() for name in ("uid_map", "gid_map")]
    except OSError:
        return True  # no /proc, so try it
    return all(is_mapped(ids, text) for text in maps)


def _refused(user: User) -> str:
    """Why a process cannot become this user; "" if it can."""
    setpriv = shutil.which("setpriv")
    if setpriv is None:  # Python's own way is used then, and fails at the start of a process
        return ""
    tried = subprocess.run([setpriv, *become(user), "/bin/true"], env={}, capture_output=True)
    if tried.returncode == 0:
        return ""
    return tried.stderr.decode(errors="replace").strip() or f"setpriv ended with {tried.returncode}"
