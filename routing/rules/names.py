"""Valid names of Workers (spec, Words), of edges and of their groups."""

from __future__ import annotations

import re

WORKER_NAME = re.compile(r"[a-z0-9]([a-z0-9_-]{0,61}[a-z0-9])?")
EDGE_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")


def is_worker_name(name: str) -> bool:
    return WORKER_NAME.fullmatch(name) is not None


def is_edge_name(name: str) -> bool:
    return EDGE_NAME.fullmatch(name) is not None


def is_group_name(name: str) -> bool:
    """The same names as for edges."""
    return is_edge_name(name)
