"""The part of Cloudflare's GraphQL schema that Sluice has, and its resolvers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any

from graphql import (
    FieldNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLResolveInfo,
    GraphQLSchema,
    InlineFragmentNode,
    SelectionSetNode,
    build_schema,
    execute_sync,
    parse,
    specified_rules,
    validate,
)
from graphql.validation import VariablesInAllowedPositionRule

from dashboard.api.analytics import messages
from dashboard.api.analytics.invocation_groups import (
    DIMENSIONS,
    QUANTILES,
    STEPS,
    Group,
    Selection,
    finest_span,
    invocation_groups,
)

Info = GraphQLResolveInfo[Any]
DAY = timedelta(days=1)
MOST_TOKENS, MOST_ROWS, MOST_DATASETS = 4_000, 10_000, 10
DATASET = "workersInvocationsAdaptive"
_ORDERS = [*DIMENSIONS, "sum_requests", "sum_errors"]
_WALL = " ".join(f"wallTime{name}: float64" for name in QUANTILES)
_CPU = " ".join(f"cpuTime{name}: float64" for name in QUANTILES)

SDL = f"""
scalar Time
scalar Date
scalar string
scalar uint64
scalar float64

type Query {{ viewer: viewer, cost: uint64 }}
type viewer {{ accounts(filter: AccountFilter): [account!], budget: uint64 }}
input AccountFilter {{ accountTag: string, accountTag_in: [string!] }}
type account {{
  accountTag: string!
  "Requests of Workers, without those of version URLs."
  {DATASET}(
    limit: uint64!, filter: InvocationsFilter, orderBy: [InvocationsOrderBy!]
  ): [Invocations!]!
}}
input InvocationsFilter {{
  scriptName: string, scriptName_in: [string!]
  scriptVersion: string, scriptVersion_in: [string!]
  status: string, status_in: [string!]
  datetime_geq: Time, datetime_gt: Time, datetime_leq: Time, datetime_lt: Time
  date_geq: Date, date_leq: Date
}}
enum InvocationsOrderBy {{ {" ".join(f"{name}_ASC {name}_DESC" for name in _ORDERS)} }}
type Invocations {{
  dimensions: Dimensions
  sum: Sums
  quantiles: Quantiles
  avg: Averages
}}
type Dimensions {{ {" ".join(f"{name}: string" for name in DIMENSIONS)} }}
"`errors` are failures of the runtime; a 5xx that a Worker returned is none."
type Sums {{ requests: uint64!, errors: uint64!, subrequests: uint64 }}
"Microseconds. Null where Sluice does not measure it: CPU time, and any quantile by status."
type Quantiles {{ {_WALL} {_CPU} }}
"1: every request was counted."
type Averages {{ sampleInterval: float64! }}
"""


@dataclass(frozen=True, slots=True)
class Query:
    """What resolvers need to know about the request."""

    account_id: str
    now: datetime
    sample_interval: int = 1


def answer(
    source: str,
    variables: dict[str, Any] | None,
    operation: str | None,
    *,
    account_id: str,
    now: datetime,
    sample_interval: int = 1,
) -> dict[str, Any]:
    """`data` and `errors`. Nothing after `now` is counted. With a `sample_interval` over 1, counts
    are what sampling at that interval would give."""
    try:
        document = parse(source, max_tokens=MOST_TOKENS)
    except GraphQLError as error:
        return {"data": None, "errors": [_error(error, now)]}
    errors = validate(_schema(), document, _RULES, max_errors=20)
    if source.count(DATASET) > MOST_DATASETS:
        errors.append(GraphQLError(messages.TOO_MANY_DATASETS))
    if errors:
        return {"data": None, "errors": [_error(error, now) for error in errors]}
    result = execute_sync(
        _schema(),
        document,
        root_value={"viewer": {}, "cost": 1},
        context_value=Query(account_id, now, sample_interval),
        variable_values=variables,
        operation_name=operation,
    )
    failures = [_error(error, now) for error in result.errors or ()] or None
    return {"data": result.data, "errors": failures}


#: Cloudflare's own examples pass a `string` where the schema has `Time`.
_RULES = [rule for rule in specified_rules if rule is not VariablesInAllowedPositionRule]


@lru_cache(maxsize=1)
def _schema() -> GraphQLSchema:
    schema = build_schema(SDL)
    schema.type_map["viewer"].fields["accounts"].resolve = _accounts  # type: ignore[attr-defined]
    schema.type_map["account"].fields[DATASET].resolve = _invocations  # type: ignore[attr-defined]
    return schema


def _accounts(_: Any, info: Info, filter: dict[str, Any] | None = None) -> Any:
    given = filter or {}
    tags = [given["accountTag"]] if given.get("accountTag") else given.get("accountTag_in")
    if not tags:
        raise GraphQLError(messages.NO_ACCOUNT)
    if any(tag != info.context.account_id for tag in tags):
        raise GraphQLError(messages.NOT_AUTHORIZED, extensions={"code": "authz"})
    return [{"accountTag": info.context.account_id}]


def _invocations(
    _: Any,
    info: Info,
    limit: Any,
    filter: dict[str, Any] | None = None,
    orderBy: list[str] | None = None,
) -> list[dict[str, Any]]:
    query: Query = info.context
    if not isinstance(limit, int) or not 0 < limit <= MOST_ROWS:
        raise GraphQLError(messages.BAD_LIMIT)
    selection = _selection(filter or {}, query.now)
    wanted = _selected(info)
    dimensions = sorted(wanted.get("dimensions", set()) & set(DIMENSIONS))
    minutes = any(STEPS.get(name, 0) and STEPS[name] < 3600 for name in dimensions)
    if finest_span(selection, query.now) != 60 and (minutes or "datetime" in dimensions):
        raise GraphQLError(messages.NO_RANGE)
    groups = invocation_groups(selection, dimensions, query.now, with_latency="quantiles" in wanted)
    ordered = _sorted(groups, orderBy or [])[:limit]
    return [_row(group, query.sample_interval) for group in ordered]


def _selection(given: dict[str, Any], now: datetime) -> Selection:
    """The conditions; the last day if no time is given. `_gt` and `_leq` are to the second."""
    second = timedelta(seconds=1)
    starts = [_time(given, "datetime_geq"), _time(given, "datetime_gt", second)]
    ends = [_time(given, "datetime_lt"), _time(given, "datetime_leq", second)]
    starts.append(_date(given, "date_geq", timedelta(0)))
    ends.append(_date(given, "date_leq", DAY))
    until = min([now, *(end for end in ends if end)])
    return Selection(
        max([start for start in starts if start] or [until - DAY]),
        until,
        _names(given, "scriptName"),
        _names(given, "scriptVersion"),
        _names(given, "status"),
    )


def _names(given: dict[str, Any], name: str) -> frozenset[str] | None:
    """Names that satisfy both `name` and `name_in`; None if neither is given."""
    single, several = given.get(name), given.get(f"{name}_in")
    sets = [frozenset([str(single)])] if single is not None else []
    sets += [frozenset(map(str, several))] if several is not None else []
    return frozenset.intersection(*sets) if sets else None


def _time(given: dict[str, Any], name: str, added: timedelta = timedelta(0)) -> datetime | None:
    if given.get(name) is None:
        return None
    try:
        moment = datetime.fromisoformat(str(given[name]))
        if moment.tzinfo is None:
            raise ValueError
        return moment + added
    except (ValueError, OverflowError):
        raise GraphQLError(messages.bad_time(name)) from None


def _date(given: dict[str, Any], name: str, added: timedelta) -> datetime | None:
    if given.get(name) is None:
        return None
    try:
        day = date.fromisoformat(str(given[name]))
        return datetime(day.year, day.month, day.day, tzinfo=UTC) + added
    except (ValueError, OverflowError):
        raise GraphQLError(messages.bad_time(name)) from None


def _sorted(groups: list[Group], orders: list[str]) -> list[Group]:
    """By the given orders; else by dimensions, so that answers are the same each time."""
    ordered = sorted(groups, key=lambda group: tuple(group.dimensions.values()))
    for order in reversed(orders):
        name, _, direction = order.rpartition("_")
        ordered.sort(key=lambda group: _order_value(group, name), reverse=direction == "DESC")
    return ordered


def _order_value(group: Group, name: str) -> tuple[int, str]:
    if name.startswith("sum_"):
        return (group.requests if name == "sum_requests" else group.errors, "")
    return (0, group.dimensions.get(name, ""))


def _row(group: Group, interval: int) -> dict[str, Any]:
    wall = {f"wallTime{name}": group.wall_time(q) for name, q in QUANTILES.items()}
    return {
        "dimensions": group.dimensions,
        "sum": {
            "requests": group.requests // interval * interval,
            "errors": group.errors // interval * interval,
            "subrequests": None,
        },
        "quantiles": wall,
        "avg": {"sampleInterval": float(interval)},
    }


def _selected(info: Info) -> dict[str, set[str]]:
    """Selected fields of a row, with their own fields."""
    wanted: dict[str, set[str]] = {}
    for node in info.field_nodes:
        for child in _fields(node.selection_set, info):
            names = {field.name.value for field in _fields(child.selection_set, info)}
            wanted.setdefault(child.name.value, set()).update(names)
    return wanted


def _fields(selections: SelectionSetNode | None, info: Info) -> Iterator[FieldNode]:
    for node in selections.selections if selections else ():
        if isinstance(node, FieldNode):
            yield node
        elif isinstance(node, InlineFragmentNode):
            yield from _fields(node.selection_set, info)
        elif isinstance(node, FragmentSpreadNode):
            yield from _fields(info.fragments[node.name.value].selection_set, info)


def _error(error: GraphQLError, now: datetime) -> dict[str, Any]:
    """As Cloudflare has it: `path` is null before a resolver ran."""
    stamp = f"{now.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    extensions = {**(error.extensions or {}), "timestamp": stamp}
    path = [str(step) for step in error.path] if error.path else None
    return {"message": error.message, "path": path, "extensions": extensions}
