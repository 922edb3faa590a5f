"""HTML as a reader gets it: whitespace between elements does not count."""

from __future__ import annotations

import re


def squeezed(html: str) -> str:
    """One space for each run of whitespace, none beside a tag."""
    return re.sub(r"\s?(<[^<>]*>)\s?", r"\1", re.sub(r"\s+", " ", html))
