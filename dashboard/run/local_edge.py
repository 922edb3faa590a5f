"""The edge of `make run`: its name and token."""

from __future__ import annotations

import os
from pathlib import Path

from django.conf import settings

from dashboard.edges.protocol.registration import register_edge

EDGE_NAME = "local-1"


def edge_token_file() -> Path:
    """The file that holds the local edge's token, readable by its owner; made when missing."""
    path: Path = settings.DATA_DIR / "edge_token"
    if not path.exists():
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w") as stream:
            stream.write(register_edge(EDGE_NAME))
    return path
