"""What a Worker may be called (spec, Words)."""

from __future__ import annotations

import re

WORKER_NAME = re.compile(r"[a-z0-9]([a-z0-9_-]{0,61}[a-z0-9])?")


def worker_name_problem(name: str) -> str | None:
    """Why `name` cannot name a Worker, with what to do about it; None when it can."""
    if WORKER_NAME.fullmatch(name):
        return None
    return (
        f"{name[:80]!r} is not a Worker name: 1 to 63 of a-z, 0-9, '-' and '_', "
        "starting and ending with a letter or digit."
    )
