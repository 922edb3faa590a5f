"""The same request at stable twice and at the candidate once: what remains is the regression.

What stable shows against itself is noise, with the reason; pure, so that properties can be tested.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dashboard.comparison.json_diff import Change, Row, Walk, walk_json, walk_text
from dashboard.comparison.noise import MISSING
from dashboard.comparison.noise_mask import SELF, Noise
from dashboard.sending import json_text

#: Header lines that say nothing about the Worker, or follow from the body.
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
class Found:
    """One difference between stable and the candidate; `reason` is why it is taken for noise."""

    part: str
    change: Change
    reason: str = ""
    masked: bool = False
    #: Stable varies here too, but never like this.
    unlike: bool = False

    @property
    def mask(self) -> str:
        return f"{self.part}:{self.change.path}"


@dataclass(frozen=True, slots=True)
class Comparison:
    found: tuple[Found, ...]
    rows: tuple[Row, ...]
    header_rows: tuple[Row, ...]
    #: How the bodies were held against each other: json, text or bytes.
    form: str
    #: Places where only the two stable answers differ.
    quiet: tuple[str, ...] = ()

    @property
    def real(self) -> list[Found]:
        return [f for f in self.found if not f.masked]

    @property
    def masked(self) -> list[Found]:
        return [f for f in self.found if f.masked]

    def real_in(self, part: str) -> int:
        return sum(f.part == part for f in self.real)


def compare(first: Side, second: Side, candidate: Side, off: frozenset[str]) -> Comparison:
    """`off` names the masks that somebody took off."""
    found = _statuses(first, second, candidate)
    headers = [walk_json(_headers(first), _headers(side)) for side in (second, candidate)]
    found += _judge("header", headers[0], headers[1], first, candidate)
    form, bodies = _bodies(first, second, candidate)
    found += _judge("body", bodies[0], bodies[1], first, candidate)
    found = [
        Found(f.part, f.change, f.reason, bool(f.reason) and f.mask not in off, f.unlike)
        for f in found
    ]
    shown = {f.mask for f in found}
    both = (("header", headers[0]), ("body", bodies[0]))
    quiet = [
        c.path if part == "body" else "header " + c.path.removeprefix("$.")
        for part, walk in both
        for c in walk.changes
        if f"{part}:{c.path}" not in shown and not (part == "header" and _is_standard(c))
    ]
    return Comparison(
        tuple(found), tuple(bodies[1].rows), tuple(headers[1].rows), form, tuple(quiet)
    )


def _statuses(first: Side, second: Side, candidate: Side) -> list[Found]:
    if first.status == candidate.status:
        return []
    change = Change("status", "changed", first.status, candidate.status)
    same = candidate.status == second.status
    return [Found("status", change, SELF if same else "", unlike=first.status != second.status)]


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


def _judge(part: str, itself: Walk, other: Walk, first: Side, candidate: Side) -> list[Found]:
    noise = Noise(itself.changes, first.json if part == "body" else MISSING)
    found = []
    for change in other.changes:
        if part == "header" and _is_standard(change):
            found.append(Found(part, change, USUAL))
        elif _is_identity(change, first.names, candidate.names):
            found.append(Found(part, change, IDENTITY))
        else:
            reason, unlike = noise.judge(change)
            found.append(Found(part, change, reason, unlike=unlike))
    return found


def _is_standard(change: Change) -> bool:
    return change.path.removeprefix("$").strip('.["]').partition("[")[0] in STANDARD


def _is_identity(change: Change, ours: Sequence[str], theirs: Sequence[str]) -> bool:
    """Whether both sides say the same, each with its own version's name in it."""
    if not isinstance(change.before, str) or not isinstance(change.after, str):
        return False
    before, after = change.before, change.after
    for one, other in zip(ours, theirs, strict=True):
        if one == before and other == after:
            return True
        # A short tag stands in other words too.
        if min(len(one), len(other)) >= 6:
            before, after = before.replace(one, "\0"), after.replace(other, "\0")
    return before == after
