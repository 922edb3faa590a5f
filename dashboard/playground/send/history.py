"""What was sent and what came of it, kept for the person: size-capped, thirty days, no secrets."""

from __future__ import annotations

from dataclasses import asdict, astuple

from django.utils import timezone

from dashboard.accounts.models import User
from dashboard.playground.models import KEEP, MOST, Entry
from dashboard.playground.predict.predict import Expected
from dashboard.playground.request.compose import Composed
from dashboard.playground.request.redact import fields_of
from dashboard.playground.send.proof import Proof
from dashboard.sending.answer import Answer, EndedBy, Timing
from dashboard.sending.redaction import headers_of
from dashboard.sending.wire_request import SendFailed

SHOWN = 30


def record(
    person: User, asked: Composed, expected: Expected | None, came: Answer | SendFailed | None
) -> Entry:
    """The entry of one send, answered or not; the oldest ones go."""
    kept = fields_of(asked)
    entry = Entry(
        person=person,
        worker=asked.worker,
        method=asked.method,
        path=kept.get("path", "/"),
        request=kept,
        expected=asdict(expected) if expected else {},
    )
    if isinstance(came, SendFailed):
        entry.problem = [came.title, str(came)]
    elif came is not None:
        _fill(entry, came)
    entry.save()
    _prune(person)
    return entry


def conclude(entry: Entry, proof: Proof | None) -> None:
    """What the edge's log said about it."""
    if proof is None:
        return
    entry.version_id = proof.invocation.version_id
    entry.role = str(proof.ran.role) if proof.ran else ""
    entry.agrees = proof.agrees
    entry.save(update_fields=["version_id", "role", "agrees"])


def answer_of(entry: Entry) -> Answer | None:
    """The answer as it was kept; None where none came."""
    if entry.status is None:
        return None
    return Answer(
        edge=entry.edge,
        status=entry.status,
        headers=[(name, value) for name, value in entry.headers],
        body=bytes(entry.body),
        ended_by=EndedBy(entry.ended_by or ("size" if entry.truncated else "")),
        timing=Timing(*entry.timing),
        stamps=entry.stamps,
    )


def expected_of(entry: Entry) -> Expected | None:
    kept = entry.expected
    return Expected(**(kept | {"versions": tuple(kept["versions"])})) if kept else None


def latest(person: User) -> list[Entry]:
    """For the list beside the request: without bodies."""
    rows = Entry.objects.filter(person=person, sent_on__gte=timezone.now() - KEEP)
    return list(rows.defer("body", "headers", "expected", "stamps")[:SHOWN])


def _fill(entry: Entry, answer: Answer) -> None:
    entry.edge = answer.edge
    entry.status = answer.status
    entry.ray = answer.ray[:32]
    entry.headers = headers_of(answer.headers)
    entry.stamps = answer.stamps
    entry.timing = list(astuple(answer.timing))
    entry.body = answer.body
    entry.truncated = answer.truncated
    entry.ended_by = answer.ended_by


def _prune(person: User) -> None:
    Entry.objects.filter(sent_on__lt=timezone.now() - KEEP).delete()
    surplus = Entry.objects.filter(person=person).values_list("pk", flat=True)[MOST : MOST + 50]
    Entry.objects.filter(pk__in=list(surplus)).delete()
