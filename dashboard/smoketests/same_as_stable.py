"""`same_as_stable`: the candidate's answer against two of stable, by Compare's noise mask. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass
from typing import Any

import jsonpath

from dashboard.comparison.compare import Side, compare
from dashboard.comparison.json_diff import step
from dashboard.comparison.messages import place, short
from dashboard.comparison.noise import MISSING
from dashboard.smoketests.json_rules.path import check_work
from dashboard.smoketests.suites.document import StableDifferences

_STEP = re.compile(r"[.\[]")
MOST = 20
"""Maximum number of differences in a result."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference that counts: where it is, and the value on each side."""

    place: str
    stable: str
    candidate: str


def differences(
    first: Side, second: Side, candidate: Side, allowed: StableDifferences
) -> list[Difference]:
    """What differs from stable beyond noise and what may differ; at most `MOST`, in order.

    `first` and `second` are two answers of stable: where they differ, the candidate may too.
    """
    excepted = set(_locations(allowed.except_paths, (first.json, candidate.json)))
    differing = []
    for difference in compare(first, second, candidate, frozenset()).real:
        if difference.part == "header" and not allowed.headers:
            continue
        if difference.part == "body" and _is_under(difference.change.path, excepted):
            continue
        change = difference.change
        differing.append(Difference(place(difference), _text(change.before), _text(change.after)))
        if len(differing) == MOST:
            break
    return differing


def exception_for(where: str) -> str:
    """The JSONPath that excepts the difference at `where`; empty where none can."""
    path = re.sub(r"\[\+(\d+)\]", r"[\1]", where.removesuffix(" order"))
    return path if path.startswith("$") and path != "$" else ""


def _locations(paths: Sequence[str], documents: Iterable[Any]) -> Iterator[str]:
    """Each place that a path leads to in a document, as comparisons write places."""
    for document in documents:
        if document is not MISSING:
            for path in paths:
                check_work(path, document)
                for match in jsonpath.finditer(path, document):
                    yield _written(match.parts)


def _written(parts: Sequence[str | int]) -> str:
    path = "$"
    for part in parts:
        path = f"{path}[{part}]" if isinstance(part, int) else step(path, part)
    return path


def _is_under(path: str, locations: Set[str]) -> bool:
    """Whether the path is one of these places or inside one. Asked for each difference, so it looks
    the places above a path up instead of going through all of them."""
    path = re.sub(r"\[\+(\d+)\]", r"[\1]", path.removesuffix(" order"))
    above = (path[: step.start()] for step in _STEP.finditer(path))
    return path in locations or any(place in locations for place in above)


def _text(value: Any) -> str:
    return "nothing" if value is MISSING else short(value)
