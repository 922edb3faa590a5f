"""What a dataset's page shows: two requests to the state process, a constant number of queries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from dashboard.accounts.models import User
from dashboard.observability.charts.charts import Chart, stacked
from dashboard.observability.charts.formatting import axis_count, count
from dashboard.storage.client import StateRefused, StateUnavailable
from dashboard.storage.datasets import datasets
from dashboard.storage.datasets.datasets import Status
from dashboard.storage.datasets.formats import Result
from dashboard.storage.datasets.sql.translate import translate
from dashboard.storage.datasets.sql.typed import SqlRefused
from dashboard.storage.messages import state_problem
from dashboard.storage.pages.context import NamespacePage, shared
from routing.models import StateNamespace

RANGES: Mapping[str, tuple[int, int]] = {
    "1h": (3600, 60),
    "24h": (86_400, 1800),
    "7d": (604_800, 10_800),
    "30d": (2_592_000, 43_200),
    "90d": (7_776_000, 86_400),
}
"""Seconds in all, and of one bar."""
MEASURES = ("points", *(f"{f} double{n}" for n in range(1, 21) for f in ("sum", "avg", "max")))
MOST_SHOWN = 200
"""Rows of a result on the page."""


@dataclass(frozen=True, slots=True)
class ChartChoice:
    range: str = "24h"
    measure: str = "points"
    index: str = ""

    @classmethod
    def of(cls, sent: Mapping[str, str]) -> ChartChoice:
        """What is not offered becomes the default."""
        range_, measure = sent.get("range", ""), sent.get("measure", "")
        return cls(
            range_ if range_ in RANGES else "24h",
            measure if measure in MEASURES else "points",
            sent.get("index", "")[:96],
        )


@dataclass(frozen=True, slots=True)
class QueryForm:
    """What was typed, and its result or why there is none."""

    sql: str = ""
    result: Result | None = None
    error: str = ""

    @property
    def shown_rows(self) -> tuple[tuple[object, ...], ...]:
        return self.result.rows[:MOST_SHOWN] if self.result else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetPage(NamespacePage):
    status: Status | None
    chart: Chart | None
    choice: ChartChoice
    ranges: tuple[str, ...]
    measures: tuple[str, ...]
    query: QueryForm


def dataset_page(
    dataset: StateNamespace,
    user: User,
    choice: ChartChoice,
    now: datetime,
    query: QueryForm | None = None,
) -> DatasetPage:
    status, chart, problem = None, None, ""
    try:
        status = datasets.status(dataset.key)
        chart = _chart(dataset.key, choice, now)
    except SqlRefused as error:
        problem = str(error)
    except (StateRefused, StateUnavailable) as error:
        problem = state_problem(error)
    return DatasetPage(
        **shared(dataset, user),
        status=status,
        chart=chart,
        choice=choice,
        ranges=tuple(RANGES),
        measures=MEASURES,
        query=query or QueryForm(_example(dataset.key)),
        problem=problem,
    )


def _chart(dataset: str, choice: ChartChoice, now: datetime) -> Chart:
    seconds, step = RANGES[choice.range]
    last = int(now.timestamp()) // step * step
    buckets = [last - n * step for n in reversed(range(seconds // step))]
    result = datasets.run(translate(_chart_sql(dataset, choice, buckets[0], step), last))
    values = {int(at): float(value or 0) for at, value in result.rows}
    series = [values.get(bucket, 0.0) for bucket in buckets]
    return stacked(
        [("stable", series)],
        axis_count,
        labels=(_label(buckets[0]), _label(last)),
        columns_say=[
            f"{_label(bucket)}: {count(value)}"
            for bucket, value in zip(buckets, series, strict=True)
        ],
    )


def _chart_sql(dataset: str, choice: ChartChoice, since: int, step: int) -> str:
    function, _, column = choice.measure.partition(" ")
    measure = f"{function}({column})" if column else "count()"
    index = choice.index.replace("\\", "\\\\").replace("'", "\\'")
    only = f" AND index1 = '{index}'" if index else ""
    bar = f"intDiv(toUnixTimestamp(timestamp), {step}) * {step}"
    where = f"toUnixTimestamp(timestamp) >= {since}{only}"
    # `translate` parses it: the database gets its literals as parameters.
    return f'SELECT {bar} AS bar, {measure} AS n FROM "{dataset}" WHERE {where} GROUP BY bar'  # noqa: S608


def _label(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%-d %b %H:%M")


def _example(dataset: str) -> str:
    return (
        f'SELECT index1, count() AS points, avg(double1) AS average\nFROM "{dataset}"\n'
        "WHERE timestamp > now() - INTERVAL '1' DAY\nGROUP BY index1\n"
        "ORDER BY points DESC\nLIMIT 20"
    )
