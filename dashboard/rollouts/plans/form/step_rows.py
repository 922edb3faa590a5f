"""The table of steps as submitted, and its steps."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import zip_longest

from django.http import QueryDict

from dashboard.rollouts.decisions.plan import MOST_STEPS, PlanError, Rule, Step, parse_weight
from dashboard.times.durations import format_duration, parse_duration
from routing.rules.split import TOTAL

Errors = dict[str, str]
"""Field → error. Fields of a step have its number, such as `bake-2`."""
LONGEST_TEXT = 200


@dataclass(frozen=True, slots=True)
class StepRow:
    """One step below 100%. `moves` is `auto` or `hand`."""

    percentage: str = ""
    bake: str = "10m"
    rule: str = Rule.SAMPLE.value
    moves: str = "auto"


def rows_of_query(data: QueryDict) -> tuple[StepRow, ...]:
    """The rows of the submitted table."""
    columns = [data.getlist(name)[:MOST_STEPS] for name in ("percentage", "bake", "rule", "moves")]
    rows = zip_longest(*columns, fillvalue="")  # a missing field is an error of its row
    return tuple(StepRow(*(text[:LONGEST_TEXT] for text in row)) for row in rows)


def row_of_step(step: Step) -> StepRow:
    """The row of a step."""
    moves = "auto" if step.automatic else "hand"
    percentage = step.percentage.rstrip("%")
    return StepRow(percentage, format_duration(step.bake), step.rule.value, moves)


def steps_of_rows(rows: tuple[StepRow, ...]) -> tuple[list[Step], Errors]:
    """The valid steps, and an error for each invalid field."""
    errors: Errors = {}
    steps: list[Step] = []
    for number, row in enumerate(rows, 1):
        last = steps[-1].weight if steps else 0
        step = _read_row(row, number, last, errors)
        if step is not None:
            steps.append(step)
    return steps, errors


def _read_row(row: StepRow, number: int, last: int, errors: Errors) -> Step | None:
    weight, bake = weight_of(row), None
    if weight is None:
        errors[f"percentage-{number}"] = "Write a percentage, like 5 or 12.5."
    elif not last < weight < TOTAL:
        low = Step(last).percentage if last else "0%"
        errors[f"percentage-{number}"] = f"Write more than {low} and less than 100%."
    try:
        bake = parse_duration(row.bake)
    except ValueError as error:
        errors[f"bake-{number}"] = str(error)
    if row.rule not in list(Rule):
        errors[f"rule-{number}"] = f"Choose one of {', '.join(Rule)}."
    if weight is None or bake is None or row.rule not in list(Rule):
        return None
    return Step(weight, bake, Rule(row.rule), row.moves != "hand")


def weight_of(row: StepRow) -> int | None:
    """In units of 0.001%; None if invalid."""
    try:
        return parse_weight(row.percentage)
    except PlanError:
        return None
