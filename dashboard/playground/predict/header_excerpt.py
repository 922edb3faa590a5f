"""The part of the header that is wrong, with the text around it."""

from __future__ import annotations

from dataclasses import dataclass

from routing.rules.header.fields import as_read, character_span
from routing.rules.override import Outcome, Override

#: Characters on either side of the wrong part.
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
        """Spaces up to the caret."""
        return " " * len(self.before)


def marked(override: Override) -> Marked | None:
    """None where the problem is not at one place."""
    problem, field = override.problem, override.field
    if problem is None or problem.span is None:
        return None
    start, stop = problem.span
    character = 0
    if override.outcome is Outcome.invalid_header:
        character = int(problem.facts["character"])  # type: ignore[arg-type]
    return _cut(field, start, stop, character)


def _cut(field: str, start: int, stop: int, character: int) -> Marked:
    """`field` has one character per byte; cuts never fall inside one typed character."""
    first = character_span(field, max(0, start - AROUND))[0]
    last = character_span(field, min(len(field), stop + AROUND))[0]
    before = ("…" if first else "") + as_read(field[first:start])
    after = as_read(field[stop:last]) + ("…" if last < len(field) else "")
    return Marked(before, as_read(field[start:stop]) or " ", after, character)
