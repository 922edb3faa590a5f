"""Two answers of stable and one of the candidate → differences, each real or noise. Pure.

Places where stable's two answers differ are noise.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from dashboard.comparison.json_diff import Change, LinePair, Walk, walk_json, walk_text
from dashboard.comparison.noise import MISSING
from dashboard.comparison.noise_mask import SELF, Noise
from dashboard.sending import json_text

#: Header lines that do not depend on the Worker, or follow from the body.
STANDARD = frozenset("date cf-ray age content-length server-timing connection".split())
IDENTITY, USUAL = "version identity, always", "standard"


@dataclass(frozen=True, slots=True)
class Side:
    """One answer."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    truncated: bool = False
    #: Texts that name the version itself: id, tag, time of upload.
    names: tuple[str, ...] = ()

    @property
    def text(self) -> str | None:
        coded = any(n.lower() == "content-encoding" and v != "identity" for n, v in self.headers)
        if coded or b"\0" in self.body[:1024]:
            return None
        try:
            return self.body.decode("utf-8")
        except UnicodeDecodeError:
            return None

    @property
    def json(self) -> Any:
        if self.truncated or not self.body.lstrip().startswith((b"{", b"[")):
            return MISSING
        try:
            return json_text.strict(self.text or "")
        except (ValueError, RecursionError):
            return MISSING

    @property
    def digest(self) -> dict[str, Any]:
        return {"bytes": len(self.body), "sha256": hashlib.sha256(self.body).hexdigest()}


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference between stable and the candidate; `reason` is why it is noise, if it is."""

    part: str
    change: Change
    reason: str = ""
    masked: bool = False
    #: Stable varies here too, but not in this way.
    unlike: bool = False

    @property
    def mask(self) -> str:
        return f"{self.part}:{self.change.path}"


@dataclass(frozen=True, slots=True)
class Comparison:
    differences: tuple[Difference, ...]
    rows: tuple[LinePair, ...]
    header_rows: tuple[LinePair, ...]
    #: How the bodies were compared: json, text or bytes.
    form: str
    #: Paths where only the two stable answers differ.
    quiet: tuple[str, ...] = ()

    @property
    def real(self) -> list[Difference]:
        return [d for d in self.differences if not d.masked]

    @property
    def masked(self) -> list[Difference]:
        return [d for d in self.differences if d.masked]

    def real_in(self, part: str) -> int:
        return sum(d.part == part for d in self.real)


def compare(first: Side, second: Side, candidate: Side, off: frozenset[str]) -> Comparison:
    """`off` has the masks (`Difference.mask`) that a person switched off."""
    headers = [walk_json(_headers(first), _headers(side)) for side in (second, candidate)]
    form, bodies = _bodies(first, second, candidate)
    differences = [
        replace(d, masked=bool(d.reason) and d.mask not in off)
        for d in (
            *_statuses(first, second, candidate),
            *_judge("header", headers[0], headers[1], first, candidate),
            *_judge("body", bodies[0], bodies[1], first, candidate),
        )
    ]
    quiet = _quiet({d.mask for d in differences}, headers[0], bodies[0])
    rows, header_rows = tuple(bodies[1].rows), tuple(headers[1].rows)
    return Comparison(tuple(differences), rows, header_rows, form, quiet)


def _quiet(masks: set[str], headers: Walk, body: Walk) -> tuple[str, ...]:
    """Paths where stable differs from itself and the candidate does not differ from stable."""
    own = [
        "header " + c.path.removeprefix("$.")
        for c in headers.changes
        if f"header:{c.path}" not in masks and not _is_standard(c)
    ]
    return (*own, *(c.path for c in body.changes if f"body:{c.path}" not in masks))


def _statuses(first: Side, second: Side, candidate: Side) -> list[Difference]:
    if first.status == candidate.status:
        return []
    change = Change("status", "changed", first.status, candidate.status)
    same = candidate.status == second.status
    return [
        Difference("status", change, SELF if same else "", unlike=first.status != second.status)
    ]


def _headers(side: Side) -> dict[str, Any]:
    """Names in lower case, sorted; several lines of one name are a list."""
    lines: dict[str, list[str]] = {}
    for name, value in sorted(side.headers, key=lambda line: line[0].lower()):
        lines.setdefault(name.lower(), []).append(value)
    return {n: values[0] if len(values) == 1 else values for n, values in lines.items()}


def _bodies(first: Side, second: Side, candidate: Side) -> tuple[str, list[Walk]]:
    """Stable against itself, and against the candidate."""
    sides = (first, second, candidate)
    if all(side.json is not MISSING for side in sides):
        return "json", [walk_json(first.json, side.json) for side in sides[1:]]
    texts = [side.text for side in sides]
    if all(text is not None for text in texts):
        return "text", [walk_text(texts[0] or "", text or "") for text in texts[1:]]
    return "bytes", [walk_json(first.digest, side.digest) for side in sides[1:]]


def _judge(part: str, itself: Walk, other: Walk, first: Side, candidate: Side) -> list[Difference]:
    noise = Noise(itself.changes, first.json if part == "body" else MISSING)
    differences = []
    for change in other.changes:
        if part == "header" and _is_standard(change):
            differences.append(Difference(part, change, USUAL))
        elif _is_identity(change, first.names, candidate.names):
            differences.append(Difference(part, change, IDENTITY))
        else:
            reason, unlike = noise.judge(change)
            differences.append(Difference(part, change, reason, unlike=unlike))
    return differences


def _is_standard(change: Change) -> bool:
    return change.path.removeprefix("$").strip('.["]').partition("[")[0] in STANDARD


def _is_identity(change: Change, ours: Sequence[str], theirs: Sequence[str]) -> bool:
    """Whether both sides are equal except for the name of their own version."""
    if not isinstance(change.before, str) or not isinstance(change.after, str):
        return False
    before, after = change.before, change.after
    for one, other in zip(ours, theirs, strict=True):
        if one == before and other == after:
            return True
        # A short tag may be part of another word.
        if min(len(one), len(other)) >= 6:
            before, after = before.replace(one, "\0"), after.replace(other, "\0")
    return before == after
