"""Stored readings and check runs → one judgment for each outside guardrail. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from dashboard.rollouts.decisions.guardrails import Judgment
from dashboard.rollouts.decisions.states import Verdict
from dashboard.rollouts.external_guardrails.terms import (
    ExternalTerms,
    PrometheusTerms,
    WebhookTerms,
)

CHECKS = "checks"
GRACE = timedelta(seconds=30)
"""How late a response may be before its guardrail is `cannot_judge`."""
MISSED = 3
"""Intervals without a response after which the last reading is too old."""


@dataclass(frozen=True, slots=True)
class Reading:
    """The last response of a source. `about_at`: the time of its data; `deployment_id`: the
    share that it judges."""

    deployment_id: str
    about_at: datetime
    verdict: Verdict
    code: str
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Recheck:
    """The newest finished run of the suite. A `state` other than passed or failed proves nothing.
    `failed`: names of the required checks that failed."""

    state: str
    ended_at: datetime
    failed: tuple[str, ...] = ()


def judge_source(
    terms: PrometheusTerms | WebhookTerms,
    reading: Reading | None,
    deployment_id: str,
    since: datetime,
    now: datetime,
) -> Judgment:
    """`since` is when `deployment_id` went live. Readings about an earlier share do not count."""
    facts: dict[str, Any] = {"source": terms.name}
    if reading is None or reading.deployment_id != deployment_id:
        if now - since > terms.timeout + GRACE:
            return Judgment(terms.name, Verdict.CANNOT_JUDGE, "source_silent", facts)
        return Judgment(terms.name, Verdict.NOT_YET, "source_pending", facts)
    facts |= {**reading.facts, "until": reading.about_at.isoformat()}
    if now - reading.about_at > MISSED * terms.every + terms.timeout + GRACE:
        return Judgment(terms.name, Verdict.CANNOT_JUDGE, "source_late", facts)
    return Judgment(terms.name, reading.verdict, reading.code, facts)


def judge_rechecks(
    newest: Recheck | None, every: timedelta, since: datetime, now: datetime
) -> Judgment:
    """A failed required check is harm; a run that proves nothing is `cannot_judge`. An old
    result is `not_yet` until the next run, and `cannot_judge` if that run is late."""
    if newest is not None and newest.state == "failed":
        return _recheck(Verdict.HARM, "recheck_failed", newest, checks=[*newest.failed])
    waits_since = max(newest.ended_at, since) if newest else since
    if now - waits_since > MISSED * every + GRACE:
        return _recheck(Verdict.CANNOT_JUDGE, "recheck_late", newest)
    if newest is None or now - newest.ended_at > 2 * every + GRACE:
        return _recheck(Verdict.NOT_YET, "recheck_pending", newest)
    if newest.state != "passed":
        return _recheck(Verdict.CANNOT_JUDGE, "recheck_broken", newest)
    return _recheck(Verdict.SAFE, "recheck_passed", newest)


def _recheck(verdict: Verdict, code: str, newest: Recheck | None, **facts: Any) -> Judgment:
    until = {"until": newest.ended_at.isoformat()} if newest else {}
    return Judgment(CHECKS, verdict, code, facts | until)


def outside_names(terms: ExternalTerms) -> frozenset[str]:
    """Names of the guardrails that do not use the rollout's own counts."""
    return frozenset({CHECKS, *(source.name for source in terms.sources)})
