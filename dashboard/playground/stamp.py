"""Whether the Worker's own word agrees with the edge's: version ids that the body holds."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from dashboard.sending.answer import Answer

_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class Said:
    """`path` is where in the JSON the id stands, `version_id` what it says."""

    path: str
    version_id: str
    agrees: bool


def said(answer: Answer, ran: str, own: frozenset[str]) -> Said | None:
    """The first id of one of the Worker's `own` versions in the body; the one that ran, if any."""
    document = answer.json
    if document is not None:
        found = [(path, text) for path, text in _texts(document) if text in own]
    else:
        found = [("the body", text) for text in _ID.findall(answer.text or "") if text in own]
    if not found:
        return None
    path, text = next((pair for pair in found if pair[1] == ran), found[0])
    return Said(path, text, text == ran)


def _texts(value: Any, path: str = "", depth: int = 0) -> list[tuple[str, str]]:
    if depth > 12:
        return []
    if isinstance(value, str):
        return [(path, value)]
    if isinstance(value, dict):
        pairs = [(f"{path}.{key}" if path else str(key), v) for key, v in value.items()]
    elif isinstance(value, list):
        pairs = [(f"{path}.{i}" if path else str(i), v) for i, v in enumerate(value[:200])]
    else:
        return []
    return [found for inner, v in pairs for found in _texts(v, inner, depth + 1)]
