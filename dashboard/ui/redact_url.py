"""A URL as people see it: without what may be a secret. Pure."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, urlencode, urlsplit

REDACTED = "REDACTED"
_SECRET_STEP = re.compile(r"(?<=/)(?=[^/]*\d)[\w~.-]{16,}")
"""Chat hooks carry their secret as a step of the path: long, with a digit."""


def redacted_url(url: str) -> str:
    """Long steps of the path that hold a digit, and the values of the query, are replaced."""
    parts = urlsplit(url)
    query = [(name, REDACTED) for name, _ in parse_qsl(parts.query, keep_blank_values=True)]
    path = _SECRET_STEP.sub(REDACTED, parts.path)
    return parts._replace(path=path, query=urlencode(query)).geturl()
