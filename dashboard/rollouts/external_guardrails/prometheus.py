"""A PromQL query as a guardrail: its URL and its response. Pure.

https://prometheus.io/docs/prometheus/latest/querying/api/#range-queries
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from dashboard.rollouts.decisions.states import Verdict
from dashboard.rollouts.external_guardrails.terms import PrometheusTerms
from dashboard.rollouts.external_guardrails.verdicts import Reading

MOST_BYTES = 256 * 1024
POINTS = 30
"""Samples over `lasting`, the duration of a breach."""
_VARIABLE = re.compile(r"\$(worker|candidate|stable|deployment)\b")
_UNREADABLE = (
    *(ValueError, KeyError, TypeError, AttributeError, OverflowError, OSError, RecursionError),
)
VARIABLES = ("worker", "candidate", "stable", "deployment")
"""In a query `$worker` is the Worker's name, the others are ids of this rollout."""


@dataclass(frozen=True, slots=True)
class Window:
    """The range of a query: from `start` to `end`, one sample each `step`."""

    start: datetime
    end: datetime
    step: timedelta


def window_of(terms: PrometheusTerms, since: datetime, now: datetime) -> Window:
    """As long as a breach lasts, but not before `since`, when the share went live."""
    step = max(timedelta(seconds=1), terms.lasting / POINTS)
    start = now - terms.lasting - step if terms.lasting else now
    return Window(min(max(start, since), now), now, step)


def url_of(server: str, query: str, window: Window) -> str:
    """URL of the range query."""
    parameters = {
        "query": query,
        "start": f"{window.start.timestamp():.3f}",
        "end": f"{window.end.timestamp():.3f}",
        "step": f"{window.step.total_seconds():.3f}",
    }
    return f"{server.rstrip('/')}/api/v1/query_range?{urlencode(parameters)}"


def fill_variables(query: str, values: Mapping[str, str]) -> str:
    """The query with `$worker`, `$candidate`, `$stable` and `$deployment` replaced."""
    return _VARIABLE.sub(lambda match: values[match[1]], query)


def reading_of(
    terms: PrometheusTerms, window: Window, deployment_id: str, status: int, text: str
) -> Reading:
    """The response as a reading; `cannot_judge` without usable data."""
    try:
        samples = _samples(status, text)
    except _Unusable as unusable:
        return Reading(
            deployment_id, window.end, Verdict.CANNOT_JUDGE, unusable.code, unusable.facts
        )
    at, value = samples[-1]
    facts = {"value": _plain(value), "limit": terms.limit, "comparison": terms.comparison.value}
    late = window.end - at > max(2 * window.step, timedelta(minutes=1))
    if late or math.isnan(value):
        code = "prometheus_late" if late else "prometheus_no_data"
        return Reading(deployment_id, at, Verdict.CANNOT_JUDGE, code, facts)
    if terms.comparison.allows(value, terms.limit):
        return Reading(deployment_id, at, Verdict.SAFE, "prometheus_within", facts)
    began = _breach_began(terms, samples, window.step)
    if at - began >= terms.lasting:
        return Reading(deployment_id, at, Verdict.HARM, "prometheus_breached", facts)
    facts["breached_at"] = began.isoformat()
    return Reading(deployment_id, at, Verdict.NOT_YET, "prometheus_breach_began", facts)


class _Unusable(Exception):
    def __init__(self, code: str, **facts: Any) -> None:
        super().__init__(code)
        self.code, self.facts = code, facts


def _samples(status: int, text: str) -> list[tuple[datetime, float]]:
    """The samples of the only series, oldest first. Raises `_Unusable`."""
    try:
        data = json.loads(text)
        if data["status"] != "success":
            raise _Unusable("prometheus_refused", answer=str(data.get("error", ""))[:200])
        series = data["data"]["result"]
        if len(series) > 1:
            raise _Unusable("prometheus_many_series", series=len(series))
        pairs = series[0]["values"] if series else []
        samples = [(datetime.fromtimestamp(at, UTC), float(value)) for at, value in pairs]
    except _UNREADABLE as error:
        raise _Unusable("prometheus_unreadable", status=status) from error
    if not samples:
        raise _Unusable("prometheus_no_data")
    return samples


def _breach_began(
    terms: PrometheusTerms, samples: Sequence[tuple[datetime, float]], step: timedelta
) -> datetime:
    """The start of the current breach. A gap ends a breach."""
    began = samples[-1][0]
    for at, value in reversed(samples):
        broken = math.isnan(value) or terms.comparison.allows(value, terms.limit)
        if broken or began - at > 2 * step:
            break
        began = at
    return began


def _plain(value: float) -> float | str:
    """As JSON, which has neither infinity nor NaN."""
    return float(f"{value:.6g}") if math.isfinite(value) else str(value)
