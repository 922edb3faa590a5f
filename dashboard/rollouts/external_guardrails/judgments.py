"""The judgments of a rollout's outside guardrails, from the database only."""

from __future__ import annotations

from datetime import datetime

from dashboard.rollouts.decisions.guardrails import Judgment
from dashboard.rollouts.external_guardrails.rechecks import newest_recheck
from dashboard.rollouts.external_guardrails.verdicts import judge_rechecks, judge_source
from dashboard.rollouts.models import Rollout


def external_judgments(rollout: Rollout, now: datetime) -> list[Judgment]:
    """At most three queries; none for a plan without outside guardrails."""
    terms = rollout.terms.external
    judgments = []
    if terms.recheck:
        newest = newest_recheck(rollout)
        judgments.append(judge_rechecks(newest, terms.recheck, rollout.since, now))
    if terms.sources:
        readings = {row.name: row.as_value() for row in rollout.readings.all()}
        judgments += [
            judge_source(
                source, readings.get(source.name), rollout.deployment_id, rollout.since, now
            )
            for source in terms.sources
        ]
    return judgments
