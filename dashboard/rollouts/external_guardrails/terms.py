"""The outside guardrails of a plan: query, limit, interval, and what a breach does. Pure.

    {"recheck": "5m",
     "on_breach": {"errors": "hold", "checks": "roll_back"},
     "prometheus": [{"name": "p99", "query": "…", "comparison": "at_most", "limit": 0.3,
                     "lasting": "2m", "server": "http://127.0.0.1:9090", "on_breach": "hold"}],
     "webhooks": [{"name": "crm", "url": "https://…", "every": "30s", "timeout": "5s",
                   "on_breach": "roll_back"}]}

All four are optional. Plans of earlier releases have none. `parse_terms` reads them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any

from dashboard.times.durations import format_duration


class OnBreach(StrEnum):
    """What harm found by this guardrail does."""

    ROLL_BACK = "roll_back"
    HOLD = "hold"
    SHOW = "show"


class Comparison(StrEnum):
    """Which side of the limit is safe."""

    AT_MOST = "at_most"
    AT_LEAST = "at_least"

    def allows(self, value: float, limit: float) -> bool:
        return value <= limit if self is Comparison.AT_MOST else value >= limit


@dataclass(frozen=True, slots=True)
class PrometheusTerms:
    """Breached when the query's value is beyond `limit` for `lasting`. `server` defaults to
    SLUICE_PROMETHEUS_URL."""

    name: str
    query: str
    limit: float
    comparison: Comparison = Comparison.AT_MOST
    lasting: timedelta = timedelta(0)
    server: str = ""
    every: timedelta = timedelta(seconds=15)
    timeout: timedelta = timedelta(seconds=5)
    on_breach: OnBreach = OnBreach.ROLL_BACK

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "query": self.query,
            "limit": self.limit,
            "comparison": self.comparison.value,
            "lasting": format_duration(self.lasting),
            "server": self.server,
            "every": format_duration(self.every),
            "timeout": format_duration(self.timeout),
            "on_breach": self.on_breach.value,
        }


@dataclass(frozen=True, slots=True)
class WebhookTerms:
    """A URL that receives the rollout as JSON at an interval and answers with a verdict."""

    name: str
    url: str
    every: timedelta = timedelta(seconds=30)
    timeout: timedelta = timedelta(seconds=5)
    on_breach: OnBreach = OnBreach.ROLL_BACK

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "url": self.url,
            "every": format_duration(self.every),
            "timeout": format_duration(self.timeout),
            "on_breach": self.on_breach.value,
        }


@dataclass(frozen=True, slots=True)
class ExternalTerms:
    """`recheck`: interval of repeated checks in the ramp and the final bake; None for none.
    `on_breach`: guardrail → what its breach does, instead of the plan's `on_harm`."""

    recheck: timedelta | None = None
    on_breach: Mapping[str, OnBreach] = field(default_factory=dict)
    prometheus: tuple[PrometheusTerms, ...] = ()
    webhooks: tuple[WebhookTerms, ...] = ()

    def __bool__(self) -> bool:
        return self != ExternalTerms()

    @property
    def sources(self) -> tuple[PrometheusTerms | WebhookTerms, ...]:
        """All guardrails with an outside source."""
        return (*self.prometheus, *self.webhooks)

    def as_json(self) -> dict[str, Any]:
        return {
            "recheck": format_duration(self.recheck) if self.recheck else None,
            "on_breach": {name: breach.value for name, breach in self.on_breach.items()},
            "prometheus": [terms.as_json() for terms in self.prometheus],
            "webhooks": [terms.as_json() for terms in self.webhooks],
        }


NO_EXTERNAL = ExternalTerms()
FIELDS = ("recheck", "on_breach", "prometheus", "webhooks")
