"""Queries the outside sources of every rollout when they are due.

A query is claimed by moving its `due_at`, so that several processes send it once. Responses are
awaited in a thread pool, two at a time per rollout: a source that hangs delays no other rollout.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import OperationalError

from dashboard.rollouts.conductor.outgoing_calls import AT_ONCE, CLAIM, EACH, OutgoingCalls
from dashboard.rollouts.decisions.states import TAKES_TRAFFIC
from dashboard.rollouts.external_guardrails.models import GuardrailReading
from dashboard.rollouts.external_guardrails.payload import payload_of, values_of
from dashboard.rollouts.external_guardrails.query import Question, ask
from dashboard.rollouts.external_guardrails.rechecks import ask_when_due, watched_state
from dashboard.rollouts.external_guardrails.terms import PrometheusTerms, WebhookTerms
from dashboard.rollouts.external_guardrails.verdicts import Reading
from dashboard.rollouts.models import Rollout

log = logging.getLogger(__name__)


class GuardrailPolling(OutgoingCalls[Question, Reading]):
    """The queries of one process."""

    name = "guardrails"

    def look(self, now: datetime) -> None:
        """Stores responses, then sends the queries that are due."""
        self._store()
        for rollout in Rollout.objects.active().with_versions():
            try:
                self._look_at(rollout, now)
            except OperationalError:
                raise
            except Exception:  # a guard: one rollout's fault must not stop the others
                log.exception("guardrails of rollout %s: fault", rollout.pk)

    def _look_at(self, rollout: Rollout, now: datetime) -> None:
        if watched_state(rollout) in TAKES_TRAFFIC and rollout.terms.external:
            ask_when_due(rollout, now)
            self._ask(rollout, now)

    def _ask(self, rollout: Rollout, now: datetime) -> None:
        waiting = {q.terms.name for q in self._waiting.values() if q.rollout_id == rollout.pk}
        rows = {row.name: row for row in rollout.readings.all()}
        for terms in rollout.terms.external.sources:
            if len(waiting) >= EACH or len(self._waiting) >= AT_ONCE:
                return
            row = rows.get(terms.name) or _first(rollout, terms.name, now)
            if terms.name in waiting or not _claim(row, rollout, terms, now):
                continue
            waiting.add(terms.name)
            question = _question(rollout, terms, now)
            self._waiting[self._pool.submit(ask, question)] = question

    def _store(self) -> None:
        for question, future in self._answered():
            try:
                _save(question, future.result())
            except OperationalError:
                raise
            except Exception:  # a guard: a fault in one answer must not lose the others
                log.exception(
                    "guardrail %s of rollout %s: fault", question.terms.name, question.rollout_id
                )


def _first(rollout: Rollout, name: str, now: datetime) -> GuardrailReading:
    row, _ = GuardrailReading.objects.get_or_create(
        rollout=rollout, name=name, defaults={"due_at": now}
    )
    return row


def _claim(
    row: GuardrailReading, rollout: Rollout, terms: PrometheusTerms | WebhookTerms, now: datetime
) -> bool:
    """Whether the query is due and not claimed by another process. A new share is queried at once;
    the reading of the previous share is discarded."""
    same_share = row.deployment_id == rollout.deployment_id
    latest = now + terms.timeout + CLAIM + terms.every  # later only if the clock was set back
    if same_share and now < row.due_at <= latest:
        return False
    row.due_at, before = now + terms.timeout + CLAIM, row.due_at
    claimed: dict[str, Any] = {"due_at": row.due_at}
    if not same_share:
        claimed |= {"deployment_id": rollout.deployment_id, "about_at": None}
    return bool(GuardrailReading.objects.filter(pk=row.pk, due_at=before).update(**claimed))


def _question(rollout: Rollout, terms: PrometheusTerms | WebhookTerms, now: datetime) -> Question:
    question = Question(terms, rollout.pk, rollout.deployment_id, rollout.since, now)
    if isinstance(terms, PrometheusTerms):
        server = terms.server or settings.PROMETHEUS_URL
        return replace(question, server=server, values=values_of(rollout))
    return replace(question, facts=payload_of(rollout, now) | {"guardrail": terms.name})


def _save(question: Question, reading: Reading) -> None:
    """Ignores a reading about a share that is no longer live."""
    GuardrailReading.objects.filter(
        rollout_id=question.rollout_id,
        name=question.terms.name,
        deployment_id=reading.deployment_id,
    ).update(
        due_at=question.asked_at + question.terms.every,
        about_at=reading.about_at,
        verdict=reading.verdict.value,
        code=reading.code,
        facts=dict(reading.facts),
    )
