"""What an entry notes of before and after, as names and values."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from dashboard.times.spans import utc_text

MOMENT = re.compile(r"\d{4}-\d\d-\d\dT")


def facts(noted: Any, name: str = "", *, shares: bool = False) -> Iterator[tuple[str, str]]:
    """What was noted, as names and values: ids short, with `shares` numbers as percentages."""
    if isinstance(noted, dict):
        for key, value in noted.items():
            yield from facts(value, _short(key).replace("_", " "), shares=shares)
    elif noted is not None and noted != "" and noted != []:
        values = map(_value, noted if isinstance(noted, list) else [noted])
        yield name, ", ".join(values) + ("%" if shares else "")


def _value(noted: Any) -> str:
    if isinstance(noted, bool):
        return "yes" if noted else "no"
    if isinstance(noted, (dict, list)):
        return json.dumps(noted, ensure_ascii=False)
    return f"{noted:g}" if isinstance(noted, float) else _short(str(noted))


def _short(text: str) -> str:
    """An id and a time as the pages show them; anything else as it is."""
    try:
        if len(text) == 36:
            return str(UUID(text))[:8]
        return utc_text(datetime.fromisoformat(text)) if MOMENT.match(text) else text
    except ValueError:
        return text
