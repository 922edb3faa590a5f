"""Groups of events, and what is calculated of them. Pure."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from dashboard.api.analytics import messages
from dashboard.api.analytics.telemetry_filters import Event, FilterInvalid
from dashboard.api.analytics.telemetry_schemas import CalculationInput, Parameters

Value = str | float | bool
Numbers = Sequence[float]
_QUANTILES = {
    "median": 0.5,
    "p001": 0.001,
    "p01": 0.01,
    "p05": 0.05,
    "p10": 0.1,
    "p25": 0.25,
    "p75": 0.75,
    "p90": 0.9,
    "p95": 0.95,
    "p99": 0.99,
    "p999": 0.999,
}
_SUMMARIES: Mapping[str, Callable[[Numbers], float]] = {
    "max": max,
    "min": min,
    "sum": sum,
    "avg": statistics.fmean,
    "stddev": statistics.pstdev,
    "variance": statistics.pvariance,
}
_UNIQUE = ("uniq", "count_distinct")


def calculate(
    events: Sequence[Event], parameters: Parameters, limit: int, sample_interval: int
) -> list[dict[str, Any]]:
    """One result per calculation, by default the count. Each event stands for `sample_interval`."""
    groups = _grouped(events, [group.value for group in parameters.groupBys])
    calculations = parameters.calculations or [CalculationInput(operator="count", key="")]
    return [
        _calculation(calculation, groups, parameters, limit, sample_interval)
        for calculation in calculations
    ]


def _grouped(
    events: Sequence[Event], keys: Sequence[str]
) -> Mapping[tuple[tuple[str, Value], ...], list[Event]]:
    """Events without one of the keys belong to no group."""
    groups: defaultdict[tuple[tuple[str, Value], ...], list[Event]] = defaultdict(list)
    for event in events:
        if all(key in event for key in keys):
            groups[tuple((key, event[key]) for key in keys)].append(event)
    return groups


def _calculation(
    given: CalculationInput,
    groups: Mapping[tuple[tuple[str, Value], ...], list[Event]],
    parameters: Parameters,
    limit: int,
    sample_interval: int,
) -> dict[str, Any]:
    operator = given.operator.lower()
    rows = []
    for group, events in groups.items():
        value = _value(operator, given.key, events, sample_interval)
        if value is None:
            continue
        row: dict[str, Any] = {
            "count": len(events) * sample_interval,
            "interval": sample_interval,
            "sampleInterval": sample_interval,
            "value": value,
        }
        if group:
            row["groups"] = [{"key": key, "value": part} for key, part in group]
        rows.append(row)
    ascending = parameters.orderBy is not None and parameters.orderBy.order == "asc"
    rows.sort(key=lambda row: row["value"], reverse=not ascending)
    named = {"alias": given.alias} if given.alias else {}
    return {"calculation": given.operator, "aggregates": rows[:limit], "series": [], **named}


def _value(operator: str, key: str, events: Sequence[Event], sample_interval: int) -> float | None:
    """None without any number to calculate with."""
    if operator == "count":
        return sum(1 for event in events if not key or key in event) * sample_interval
    if operator not in _QUANTILES and operator not in _SUMMARIES and operator not in _UNIQUE:
        raise FilterInvalid(messages.bad_operator(operator))
    if not key:
        raise FilterInvalid(messages.key_needed(operator))
    values = [event[key] for event in events if key in event]
    if operator in _UNIQUE:
        return len(set(values))
    numbers = sorted(float(v) for v in values if isinstance(v, int | float))
    if not numbers:
        return None
    if operator in _QUANTILES:
        return numbers[min(len(numbers) - 1, int(_QUANTILES[operator] * len(numbers)))]
    value = _SUMMARIES[operator](numbers)
    return value * sample_interval if operator == "sum" else value
