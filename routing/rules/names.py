"""Valid names of Workers (spec, Words)."""

from __future__ import annotations

import re

WORKER_NAME = re.compile(r"[a-z0-9]([a-z0-9_-]{0,61}[a-z0-9])?")


def is_worker_name(name: str) -> bool:
    return WORKER_NAME.fullmatch(name) is not None
