"""What stored answers and re-checks mean at this moment: one judgment for each guardrail. Pure."""

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
"""How much later than expected an answer may come before its guardrail cannot be judged."""
MISSED = 3
"""Intervals without an answer after which the last one is too old."""


@dataclass(frozen=True, slots=True)
class Reading:
    """The last answer of a source. `about_at` is the time that its data is about; `deployment_id`
    the share that it judges."""

    deployment_id: str
    about_at: datetime
    verdict: Verdict
    code: str
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Recheck:
    """The newest finished run of the suite. `state` is passed, failed or another (which proves
    nothing); `failed` names the required checks that failed."""

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
    """`since` is when `deployment_id` went live: answers about an earlier share do not count."""
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
    """A failed required check is harm, a run that proves nothing cannot be judged. Evidence that
    has become too old waits for the next run; one that does not come holds."""
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
    """Guardrails that are judged by something else than the rollout's own counts."""
    return frozenset({CHECKS, *(source.name for source in terms.sources)})
