"""Ending with the process that started this one (`SLUICE_EXIT_WITH_PARENT`)."""

from __future__ import annotations

import os


def starter() -> int:
    """The process id to end with: take it at the start, and end when `gone` says so.

    `make run` tells its own in SLUICE_PARENT_PID: if it is killed while this process still starts,
    asking for the parent's id would answer with whoever took over, who never ends.
    """
    return int(os.environ.get("SLUICE_PARENT_PID") or os.getppid())


def gone(parent: int) -> bool:
    """Whether that process has ended."""
    return os.getppid() != parent
