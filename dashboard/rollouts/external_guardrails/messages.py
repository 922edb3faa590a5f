"""Outside guardrails as text: reasons by code, and rows of the table."""

from __future__ import annotations

from collections.abc import Mapping

from dashboard.rollouts.external_guardrails.terms import (
    Comparison,
    ExternalTerms,
    OnBreach,
    PrometheusTerms,
    WebhookTerms,
)
from dashboard.times.durations import format_duration

REASONS: Mapping[str, str] = {
    "recheck_passed": "Every check passed again at {until}.",
    "recheck_failed": "Harm: failed when the checks ran again: {checks}.",
    "recheck_broken": "Cannot judge: the checks that ran again proved nothing.",
    "recheck_pending": "Not yet: the checks run again.",
    "recheck_late": "Cannot judge: the checks did not run again in time.",
    "recheck_asked": "The checks run again now.",
    "source_pending": "Not yet: no answer of {source} for this share so far.",
    "source_silent": "Cannot judge: no answer of {source} for this share.",
    "source_late": "Cannot judge: the last answer of {source} is from {until}.",
    "source_away": "Cannot judge: {source} gave no answer: {answer}.",
    "answer_invalid": "Cannot judge: {source} gave no verdict: {answer}.",
    "prometheus_within": "{source} is {value}, within the limit.",
    "prometheus_breached": "Harm: {source} is {value}, beyond the limit of {limit}.",
    "prometheus_breach_began": "Not yet: {source} is {value}, beyond {limit} since {breached_at}.",
    "prometheus_no_data": "Cannot judge: the query of {source} has no data.",
    "prometheus_many_series": "Cannot judge: the query of {source} gives {series} series. "
    "Aggregate it to one.",
    "prometheus_late": "Cannot judge: the data of {source} is late.",
    "prometheus_refused": "Cannot judge: Prometheus refused the query of {source}: {answer}.",
    "prometheus_unreadable": "Cannot judge: {source} answered {status}, not as Prometheus does.",
    "webhook_safe": "{source} answered safe: {answer}.",
    "webhook_harm": "Harm: {source} answered harm: {answer}.",
    "webhook_not_yet": "Not yet: {source} answered wait: {answer}.",
    "webhook_cannot_judge": "Cannot judge: {source} cannot judge: {answer}.",
    "only_shown": "A guardrail that is only shown reports harm.",
}

BREACHES: Mapping[OnBreach, str] = {
    OnBreach.ROLL_BACK: "rolls back",
    OnBreach.HOLD: "holds",
    OnBreach.SHOW: "only shown",
}
_SIDES = {Comparison.AT_MOST: "at most", Comparison.AT_LEAST: "at least"}


def guardrail_words(terms: ExternalTerms, name: str) -> tuple[str, str, str] | None:
    """(name, query, limit) of an outside guardrail; None for a built-in one."""
    for source in terms.sources:
        if source.name == name:
            return _words(source)
    return None


def _words(source: PrometheusTerms | WebhookTerms) -> tuple[str, str, str]:
    if isinstance(source, WebhookTerms):
        return source.name, f"webhook, every {format_duration(source.every)}", "answers safe"
    lasting = f" for {format_duration(source.lasting)}" if source.lasting else ""
    limit = f"{_SIDES[source.comparison]} {source.limit:g}"
    return (
        source.name,
        source.query,
        f"{limit}; breached when beyond{lasting}" if lasting else limit,
    )
