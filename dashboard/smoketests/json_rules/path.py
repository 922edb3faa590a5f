"""The values at a JSONPath. Pure.

Each `..` looks at everything below a value, and each further `$` at the whole document again: their
number is the power to which the work grows with the size of a document.
"""

from __future__ import annotations

from typing import Any

import jsonpath

from dashboard.comparison.bounded_matcher import TooMuchWork

WORK = 20_000_000


def values_at(path: str, document: Any) -> list[Any]:
    """All values at `path`. Raises `TooMuchWork`, and `JSONPathError`."""
    check_work(path, document)
    return list(jsonpath.findall(path, document))


def check_work(path: str, document: Any) -> None:
    """Raises `TooMuchWork` where the path could take too long over the document."""
    power = path.count("..") + path.count("$") - 1
    if power < 2:
        return
    most = int(WORK ** (1 / power))
    if _is_larger(document, most):
        raise TooMuchWork(f"with {power} times “..” or “$”, at most {most:,} values are looked at")


def _is_larger(document: Any, most: int) -> bool:
    count, left = 0, [document]
    while left:
        value = left.pop()
        count += 1
        if count > most:
            return True
        if isinstance(value, dict):
            left += value.values()
        elif isinstance(value, list):
            left += value
    return False
