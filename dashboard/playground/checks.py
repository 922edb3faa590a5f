"""A saved check: what the answer to a request should be. Plain JSON, so that suites can run it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from dashboard.sending.answer import Answer

_MISSING = object()


@dataclass(frozen=True, slots=True)
class Check:
    """Expectations; what is empty is not looked at. `ran` is `picked` (the version that the
    request's override names) or a version id; `path` leads into JSON: `version.id`, `lines.0`."""

    status: int = 0
    ran: str = ""
    contains: str = ""
    path: str = ""
    equals: str = ""

    def as_json(self) -> dict[str, Any]:
        return {name: value for name, value in asdict(self).items() if value}

    def __bool__(self) -> bool:
        return bool(self.as_json())


@dataclass(frozen=True, slots=True)
class Result:
    """One expectation, met or not; `found` is what was there instead."""

    words: str
    passed: bool
    found: str = ""


def read(kept: Mapping[str, Any]) -> Check:
    """A check from JSON or from a form's fields; nonsense is left out."""
    status = str(kept.get("status", ""))
    texts = {n: str(kept.get(n, "")).strip() for n in ("ran", "contains", "path", "equals")}
    return Check(status=int(status) if status.isascii() and status.isdigit() else 0, **texts)


def run(check: Check, answer: Answer, version_id: str, picked: str = "") -> list[Result]:
    """Holds an answer and the version that ran (by the edge's log) against the check."""
    results = []
    if check.status:
        met = answer.status == check.status
        results.append(Result(f"Status is {check.status}", met, str(answer.status)))
    if check.ran:
        wanted = picked if check.ran == "picked" else check.ran
        met = bool(wanted) and version_id == wanted
        results.append(Result(f"Ran {wanted[:8] or 'the picked version'}", met, version_id[:8]))
    if check.contains:
        met = check.contains in (answer.text or "")
        results.append(Result(f"Body contains “{check.contains}”", met, "not in it"))
    if check.path:
        results.append(_at_path(check, answer.json))
    return results


def _at_path(check: Check, document: Any) -> Result:
    found = value_at(document, check.path)
    shown = "nothing" if found is _MISSING else _text(found)
    if not check.equals:
        return Result(f"Body has {check.path}", found is not _MISSING, shown)
    met = found is not _MISSING and shown == check.equals
    return Result(f"{check.path} is {check.equals}", met, shown)


def value_at(document: Any, path: str) -> Any:
    """What a dotted path leads to in JSON; `_MISSING` when it leads nowhere."""
    for step in filter(None, path.removeprefix("$").split(".")):
        if isinstance(document, dict) and step in document:
            document = document[step]
        elif isinstance(document, list) and step.isdigit() and int(step) < len(document):
            document = document[int(step)]
        else:
            return _MISSING
    return document


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "null" if value is None else str(value)
