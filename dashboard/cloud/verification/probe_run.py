"""One verification under way in this process: probes in flight, their results, what is stored."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction

from dashboard.accounts.actor import Actor
from dashboard.cloud import proving
from dashboard.cloud.egress.values import Destination, SentRequest
from dashboard.cloud.models import Verification
from dashboard.cloud.proof.evidence import AnswerFacts
from dashboard.cloud.proof.judge import Verdict
from dashboard.cloud.verification.rules import (
    Probe,
    ProbePlan,
    ProbeResult,
    VerificationState,
    right_in_a_row,
)
from dashboard.cloud.verification.start import subject
from dashboard.sending.wire_request import SendFailed

log = logging.getLogger(__name__)
LISTED = 60
"""Probes that the page shows."""


@dataclass
class Flight:
    """A probe on its way, or answered and not proved yet."""

    probe: Probe
    sent_at: datetime
    future: Future[SentRequest]
    facts: AnswerFacts | None = None
    place: str = ""


@dataclass
class ProbeRun:
    """One verification in this process."""

    row: Verification
    plan: ProbePlan
    destination: Destination
    turn: Iterator[Probe]
    flights: list[Flight] = field(default_factory=list)
    results: list[ProbeResult] = field(default_factory=list)
    listed: list[dict[str, Any]] = field(default_factory=list)
    places: list[str] = field(default_factory=list)
    next_at: datetime | None = None
    sent: int = 0


def take_answer(flight: Flight) -> None:
    """Leaves `facts` empty if there was no answer."""
    try:
        sent = flight.future.result()
    except SendFailed:
        return
    except Exception:  # a guard: a fault in sending is no answer, too
        log.exception("probe of verification failed")
        return
    flight.facts, flight.place = proving.answer_facts(sent), sent.colo


def note_result(run: ProbeRun, flight: Flight, verdict: Verdict | None) -> None:
    confirmed = verdict is not None and verdict.confirmed
    version = verdict.version_id if verdict is not None and confirmed else ""
    right = version in flight.probe.expected if confirmed else None
    run.results.append(ProbeResult(flight.sent_at, right, flight.facts is not None))
    if right and flight.place and flight.place not in run.places:
        run.places.append(flight.place)
    why = str(verdict.why[0]) if verdict is not None and verdict.why else ""
    run.listed.append(
        {
            "at": flight.sent_at.isoformat(),
            "asked": flight.probe.override,
            "version": version,
            "right": right,
            "rank": str(verdict.rank) if verdict is not None else "",
            "why": why if flight.facts is not None else "no_answer",
            "place": flight.place,
        }
    )


def save_progress(run: ProbeRun) -> None:
    """For pages; the row's state stays."""
    row = run.row
    row.right, row.sent = len(right_in_a_row(run.results)), run.sent
    row.seen = sum(result.right is not None for result in run.results)
    row.probes, row.places = run.listed[-LISTED:], run.places[:20]
    row.save(
        update_fields=[
            "right",
            "sent",
            "seen",
            "probes",
            "places",
            "host",
            "decisive",
            "removes",
        ]
    )


def end_verification(row: Verification, state: VerificationState, why: str, now: datetime) -> None:
    with transaction.atomic():
        rows = Verification.objects.filter(pk=row.pk, state=VerificationState.PROBING)
        if rows.update(state=str(state), why=str(why), ended_at=now, claim="", claimed_until=None):
            done = {"state": str(state), "why": str(why), "probes": row.sent, "right": row.right}
            by = Actor(None, "work", now)
            by.record("cloud.verified", subject(row), after={**done, "host": row.host})
