"""Finds processes of this folder without a note: the agent was killed between start and note."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from pathlib import Path

from routing.agent.base.limits import CONTROL_OPTION
from routing.compile import names
from routing.process_identity import ProcessIdentity, identify

_MARKS = (CONTROL_OPTION.encode(), names.BOOTSTRAP.encode())
"""One of these is an argument of every process that an agent starts to serve."""


def strays(folder: Path, noted: Collection[int]) -> Iterator[ProcessIdentity]:
    """Matches the working directory and the arguments, so a shell opened there is not a stray."""
    where = os.fspath(folder.resolve())
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) in noted:
            continue
        try:
            ours = os.readlink(entry / "cwd") == where and _marked(entry / "cmdline")
        except OSError:
            continue
        found = identify(int(entry.name)) if ours else None
        if found is not None:
            yield found


def _marked(file: Path) -> bool:
    arguments = file.read_bytes().split(b"\0")
    return any(argument.startswith(_MARKS) for argument in arguments)
