"""Which version ran: the edge's log line against the prediction, and version ids in the body."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.core import signing

from dashboard.fleet.deployment_cache import roles_by_deployment_id
from dashboard.fleet.version_roles import Standing
from dashboard.playground.predict.predict import Expected
from dashboard.sending.answer import Answer
from routing.models import Invocation

_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_DEEPEST, _MOST_OF_A_LIST = 13, 200


@dataclass(frozen=True, slots=True)
class Proof:
    """`differences` from the prediction are sentences; empty when the log line agrees with it."""

    invocation: Invocation
    ran: Standing | None
    differences: tuple[str, ...] = ()
    other_deployment: bool = False

    @property
    def agrees(self) -> bool:
        return not self.differences

    @property
    def announcement(self) -> str:
        """The result for screen readers."""
        line, ran = self.invocation, self.ran
        version = f"{ran.word.lower()} {line.version_id[:8]} {ran.percentage}" if ran else ""
        text = f"Ran {version or line.version_id[:8] or 'no version'}, by {line.reason}."
        return text if self.agrees else f"{text} Not as predicted."


@dataclass(frozen=True, slots=True)
class VersionInBody:
    """A version id in the Worker's answer. `path` is its place in the JSON."""

    path: str
    version_id: str
    agrees: bool


def prove(invocation: Invocation, expected: Expected | None, live: list[Standing]) -> Proof:
    other = expected is not None and invocation.deployment_id != expected.deployment_id
    return Proof(
        invocation,
        _ran(invocation, [] if other else live),
        tuple(_differences(invocation, expected)) if expected else (),
        other,
    )


def version_in_body(answer: Answer, ran: str, own: frozenset[str]) -> VersionInBody | None:
    """The id of the version that `ran`, else the first id of one of the Worker's `own`."""
    document = answer.json
    if document is not None:
        places = list(_ids_in(document, own, ()))
    else:
        places = [("the body", text) for text in _ID.findall(answer.text or "") if text in own]
    if not places:
        return None
    path, version_id = next((place for place in places if place[1] == ran), places[0])
    return VersionInBody(path, version_id, version_id == ran)


def sign_prediction(expected: Expected | None) -> str:
    """The prediction as signed text, to be compared with a log line that comes later."""
    return signing.dumps(expected.as_dict(), salt="playground") if expected else ""


def signed_prediction(text: str) -> Expected | None:
    """The prediction in text from `sign_prediction`; None for any other text."""
    try:
        fields: dict[str, Any] = signing.loads(text, salt="playground")
    except signing.BadSignature:
        return None
    return Expected.from_dict(fields)


def _ran(invocation: Invocation, live: list[Standing]) -> Standing | None:
    """The version that ran, with its role in the deployment by which the edge decided."""
    for standing in live:
        if str(standing.version.id) == invocation.version_id:
            return standing
    then = _split_of(invocation.deployment_id)
    return next((s for s in then if str(s.version.id) == invocation.version_id), None)


def _split_of(deployment_id: str) -> list[Standing]:
    try:
        pk = UUID(deployment_id)
    except ValueError:
        return []
    return roles_by_deployment_id([pk])[pk]


def _differences(invocation: Invocation, expected: Expected) -> Iterator[str]:
    if invocation.version_id not in expected.versions:
        ids = " or ".join(v[:8] for v in expected.versions) or "none"
        yield f"Predicted version {ids}, ran {invocation.version_id[:8] or 'none'}."
    if invocation.reason != expected.reason:
        yield f"Predicted reason {expected.reason}, was {invocation.reason or 'none'}."
    outcome = invocation.override or "absent"  # the log leaves it empty without a header
    if outcome != expected.outcome:
        yield f"Predicted override {expected.outcome}, was {outcome}."


def _ids_in(value: Any, own: frozenset[str], path: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """(path, id) of each of `own` in a document. The path is joined for matches only: keys may be
    long, and one may hold many values."""
    if isinstance(value, str):
        if value in own:
            yield ".".join(path), value
    elif len(path) < _DEEPEST and isinstance(value, dict):
        for key, inner in value.items():
            yield from _ids_in(inner, own, (*path, str(key)))
    elif len(path) < _DEEPEST and isinstance(value, list):
        for i, inner in enumerate(value[:_MOST_OF_A_LIST]):
            yield from _ids_in(inner, own, (*path, str(i)))
