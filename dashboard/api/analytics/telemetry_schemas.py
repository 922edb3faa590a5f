"""Bodies of the Workers Observability endpoints."""

from __future__ import annotations

from typing import Any, Literal

from ninja import Schema
from pydantic import Field

Kind = Literal["string", "number", "boolean"]


class Timeframe(Schema):
    """Milliseconds since 1970."""

    from_: float = Field(alias="from")
    to: float


class Filter(Schema):
    """A condition on one field, or with `kind: group` several of them."""

    kind: Literal["filter", "group"] = "filter"
    key: str = Field("", max_length=200)
    operation: str = "eq"
    type: Kind = "string"
    value: str | float | bool | None = None
    filterCombination: Literal["and", "or", "AND", "OR"] = "and"
    filters: list[dict[str, Any]] = Field([], max_length=50)


class Needle(Schema):
    """Text in any field of an event."""

    value: str | float | bool
    isRegex: bool = False
    matchCase: bool = False


class CalculationInput(Schema):
    operator: str
    key: str = Field("", max_length=200)
    alias: str | None = None


class GroupBy(Schema):
    value: str = Field(max_length=200)
    type: Kind = "string"


class OrderBy(Schema):
    value: str
    order: Literal["asc", "desc"] = "desc"


class Parameters(Schema):
    datasets: list[str] = []
    filters: list[Filter] = Field([], max_length=50)
    filterCombination: Literal["and", "or", "AND", "OR"] = "and"
    calculations: list[CalculationInput] = Field([], max_length=20)
    groupBys: list[GroupBy] = Field([], max_length=10)
    orderBy: OrderBy | None = None
    needle: Needle | None = None
    limit: int | None = None


class QueryInput(Schema):
    """A query. `parameters` are needed: queries are not saved here."""

    queryId: str = Field(max_length=200)
    timeframe: Timeframe
    view: Literal["events", "invocations", "calculations"] = "events"
    limit: int = Field(50, ge=1, le=2000)
    offset: str = Field("", max_length=200)
    parameters: Parameters


class KeysInput(Schema):
    from_: float | None = Field(None, alias="from")
    to: float | None = None
    filters: list[Filter] = Field([], max_length=50)
    keyNeedle: Needle | None = None
    needle: Needle | None = None
    limit: int = Field(1000, ge=1, le=10_000)


class ValuesInput(Schema):
    key: str = Field(max_length=200)
    type: Kind = "string"
    timeframe: Timeframe
    filters: list[Filter] = Field([], max_length=50)
    needle: Needle | None = None
    limit: int = Field(50, ge=1, le=10_000)


class KeyItem(Schema):
    key: str
    lastSeenAt: float
    type: Kind


class ValueItem(Schema):
    dataset: str
    key: str
    type: Kind
    value: str | float | bool


class QueryResult(Schema):
    """One of `events`, `invocations` and `calculations`, by the view."""

    run: dict[str, Any]
    statistics: dict[str, float]
    events: dict[str, Any] | None = None
    invocations: dict[str, list[dict[str, Any]]] | None = None
    calculations: list[dict[str, Any]] | None = None
