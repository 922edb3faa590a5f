"""A URL as people see it: without what may be a secret. Pure."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, urlencode, urlsplit

REDACTED = "REDACTED"
_SECRET_STEP = re.compile(r"(?<=/)(?=[^/]*\d)[\w~.-]{16,}")
"""Chat hooks carry their secret as a step of the path: long, with a digit."""


_SECRET_NAME = re.compile(
    r"token|secret|passw|credential|signature|api.?key|^(key|sig|auth)$", re.I
)
_SECRET_RUN = re.compile(r"(?<![A-Za-z0-9])(?=[A-Za-z]*\d)(?=\d*[A-Za-z])[A-Za-z0-9]{20,}")
"""Letters and digits in one long run; words, versions and UUIDs have separators."""


def redacted_url(url: str) -> str:
    """Long steps of the path that hold a digit, and the values of the query, are replaced; a user
    name, a password and a fragment are left out."""
    parts = urlsplit(url)
    query = [(name, REDACTED) for name, _ in parse_qsl(parts.query, keep_blank_values=True)]
    path, host = _SECRET_STEP.sub(REDACTED, parts.path), parts.netloc.rpartition("@")[2]
    return parts._replace(netloc=host, path=path, query=urlencode(query), fragment="").geturl()


def holds_secret(url: str) -> bool:
    """Whether a part of the URL looks like one: for URLs that everyone who signs in may read."""
    parts = urlsplit(url)
    named = any(_SECRET_NAME.search(name) for name, _ in parse_qsl(parts.query))
    return named or "@" in parts.netloc or bool(_SECRET_RUN.search(parts.path + "?" + parts.query))
