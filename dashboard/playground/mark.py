"""Where in the header the trouble lies: the text before it, the part itself, and what follows."""

from __future__ import annotations

from dataclasses import dataclass

from routing.rules.locate import Member, scan
from routing.rules.override import Outcome, Override

#: Characters shown on either side of the trouble.
AROUND = 60


@dataclass(frozen=True, slots=True)
class Marked:
    """`character` counts from 1 and is set where parsing stops; 0 elsewhere."""

    before: str
    trouble: str
    after: str
    character: int = 0

    @property
    def indent(self) -> str:
        """As many spaces as stand before the caret."""
        return " " * len(self.before)


def marked(override: Override, worker: str) -> Marked | None:
    """The header with its trouble; None where no place is to blame."""
    field = override.field
    if override.outcome is Outcome.invalid_header:
        at = override.position if override.position is not None else len(field)
        return _cut(field, at, at + 1, at + 1)
    found = _member(override, worker)
    if found is None:
        return None
    if override.outcome is Outcome.not_addressed:
        return _cut(field, found.start, found.start + len(found.key))
    inside = int(override.outcome is not Outcome.not_a_string)  # within the quotes
    return _cut(field, found.value + inside, found.stop - inside)


def _member(override: Override, worker: str) -> Member | None:
    members = scan(override.field).members
    if override.outcome is Outcome.not_addressed:
        return next((m for m in members if _replaced(m, override)), None)
    return next((m for m in reversed(members) if m.key == worker), None)


def _replaced(member: Member, override: Override) -> bool:
    """Whether the correction changes this member's key."""
    suggestion = override.suggestion or override.field
    end = member.start + len(member.key)
    return suggestion[: member.start] == override.field[: member.start] and (
        suggestion[member.start : end] != member.key
    )


def _cut(field: str, start: int, stop: int, character: int = 0) -> Marked:
    first, last = max(0, start - AROUND), stop + AROUND
    before = ("…" if first else "") + _text(field[first:start])
    after = _text(field[stop:last]) + ("…" if last < len(field) else "")
    return Marked(before, _text(field[start:stop]) or " ", after, character)


def _text(octets: str) -> str:
    """A field holds one character per byte; people typed UTF-8."""
    return octets.encode("latin-1").decode("utf-8", "replace")
