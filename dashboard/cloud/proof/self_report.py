"""A version id in the answer: what the Worker says about itself. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection

from dashboard.sending.answer import Answer

_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def reported_version(answer: Answer, versions: Collection[str]) -> str:
    """The id of one of the Worker's `versions` in a header or the body; empty if there is none, or
    if there are several."""
    in_headers = [i for _, value in answer.headers for i in _ID.findall(value.lower())]
    for ids in (in_headers, _ID.findall((answer.text or "").lower())):
        named = {version_id for version_id in ids if version_id in versions}
        if named:
            return named.pop() if len(named) == 1 else ""
    return ""
