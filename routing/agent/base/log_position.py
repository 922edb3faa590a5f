"""How far an access log has been read."""

from __future__ import annotations

from typing import TypeAlias

Position: TypeAlias = tuple[int, int, int]
"""(file number, offset in the file, lines of the log before it)."""
START: Position = (0, 0, 0)
