"""Queries one outside source over HTTP. Runs in a thread pool: no database."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from dashboard.egress.client import SendFailed, request
from dashboard.rollouts.decisions.states import Verdict
from dashboard.rollouts.external_guardrails import prometheus
from dashboard.rollouts.external_guardrails.terms import PrometheusTerms, WebhookTerms
from dashboard.rollouts.external_guardrails.verdict_answer import (
    MOST_BYTES,
    AnswerInvalid,
    verdict_of,
)
from dashboard.rollouts.external_guardrails.verdicts import Reading


@dataclass(frozen=True, slots=True)
class Question:
    """A query about the share of `deployment_id`, live since `since`. `facts`: the JSON body of a
    webhook; `values`: the variables of a PromQL query."""

    terms: PrometheusTerms | WebhookTerms
    rollout_id: UUID
    deployment_id: str
    since: datetime
    asked_at: datetime
    server: str = ""
    values: Mapping[str, str] | None = None
    facts: Mapping[str, Any] | None = None


def ask(question: Question) -> Reading:
    """The response as a reading. An unreachable source is `cannot_judge`. Takes at most the
    guardrail's timeout."""
    try:
        if isinstance(question.terms, PrometheusTerms):
            return _ask_prometheus(question.terms, question)
        return _ask_webhook(question.terms, question)
    except SendFailed as error:
        return _unknown(question, "source_away", str(error))


def _ask_prometheus(terms: PrometheusTerms, question: Question) -> Reading:
    window = prometheus.window_of(terms, question.since, question.asked_at)
    query = prometheus.fill_variables(terms.query, question.values or {})
    answer = request(
        "GET",
        prometheus.url_of(question.server, query, window),
        headers={"Accept": "application/json", "User-Agent": "Sluice"},
        seconds=terms.timeout.total_seconds(),
        most_bytes=prometheus.MOST_BYTES,
    )
    if answer.redirects:
        return _unknown(question, "source_away", "It redirects, which is not followed.")
    return prometheus.reading_of(terms, window, question.deployment_id, answer.status, answer.text)


def _ask_webhook(terms: WebhookTerms, question: Question) -> Reading:
    answer = request(
        "POST",
        terms.url,
        headers={"Content-Type": "application/json", "User-Agent": "Sluice"},
        body=json.dumps(question.facts).encode(),
        seconds=terms.timeout.total_seconds(),
        most_bytes=MOST_BYTES,
    )
    try:
        verdict = verdict_of(answer.status, answer.text, truncated=answer.truncated)
    except AnswerInvalid as error:
        return _unknown(question, "answer_invalid", str(error))
    code = f"webhook_{verdict.verdict}"
    facts = {"answer": verdict.reason.rstrip(".") or "no reason given"}
    return Reading(question.deployment_id, question.asked_at, verdict.verdict, code, facts)


def _unknown(question: Question, code: str, why: str) -> Reading:
    return Reading(
        question.deployment_id,
        question.asked_at,
        Verdict.CANNOT_JUDGE,
        code,
        {"answer": why[:300].rstrip(".")},
    )
