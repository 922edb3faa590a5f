"""The edge of `make run`: its name and token."""

from __future__ import annotations

import os
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from dashboard.edges.protocol.registration import register_edge
from dashboard.edges.registry.tokens import TokenState, sign_in

EDGE_NAME = "local-1"


def edge_token_file() -> Path:
    """The file that holds the local edge's token, readable by its owner. Made if it is missing, or
    if the edge was removed on its page: the next start adds it again."""
    path: Path = settings.DATA_DIR / "edge_token"
    if not path.exists() or _was_removed(path.read_text()):
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w") as stream:
            stream.write(register_edge(EDGE_NAME))
    return path


def _was_removed(token: str) -> bool:
    signed_in = sign_in(f"Bearer {token.strip()}", timezone.now())
    return signed_in.state is TokenState.removed
