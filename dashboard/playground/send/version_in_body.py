"""Whether the Worker's own word agrees with the edge's: version ids that the body holds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from dashboard.sending.answer import Answer

_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_DEEPEST, _MOST_OF_A_LIST = 13, 200


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
        found = list(_found_in(document, own, ()))
    else:
        found = [("the body", text) for text in _ID.findall(answer.text or "") if text in own]
    if not found:
        return None
    path, text = next((pair for pair in found if pair[1] == ran), found[0])
    return Said(path, text, text == ran)


def _found_in(value: Any, own: frozenset[str], path: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """(path, id) of each of `own` in a document. A path is written only for what is found: keys may
    be long, and many values may stand under one."""
    if isinstance(value, str):
        if value in own:
            yield ".".join(path), value
    elif len(path) < _DEEPEST and isinstance(value, dict):
        for key, inner in value.items():
            yield from _found_in(inner, own, (*path, str(key)))
    elif len(path) < _DEEPEST and isinstance(value, list):
        for i, inner in enumerate(value[:_MOST_OF_A_LIST]):
            yield from _found_in(inner, own, (*path, str(i)))
