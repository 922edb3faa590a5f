"""A person's sends and their answers: limited in size, for thirty days, without secrets."""

from __future__ import annotations

from dataclasses import astuple, dataclass

from django.utils import timezone

from dashboard.accounts.models import User
from dashboard.playground.models import KEEP, MOST, Entry, Saved
from dashboard.playground.predict.predict import Expected
from dashboard.playground.request.typed_request import TypedRequest
from dashboard.playground.send.proof import Proof
from dashboard.sending.answer import Answer, EndedBy, Timing
from dashboard.sending.redaction import headers_of
from dashboard.sending.wire_request import SendFailed

LISTED, LISTED_SAVED = 30, 100


@dataclass(frozen=True)
class Shelf:
    """The lists beside the request: one's own sends, and the requests shared with everyone."""

    entries: list[Entry]
    shared: list[Saved]


def record(
    person: User, typed: TypedRequest, expected: Expected | None, result: Answer | SendFailed
) -> Entry:
    """Stores one send, answered or not, and deletes the oldest ones."""
    fields = typed.stored()
    entry = Entry(
        person=person,
        worker=typed.worker,
        method=typed.method,
        path=fields.get("path", "/"),
        request=fields,
        expected=expected.as_dict() if expected else {},
    )
    if isinstance(result, SendFailed):
        entry.problem = [result.title, str(result)]
    else:
        _fill(entry, result)
    entry.save()
    _prune(person)
    return entry


def record_proof(entry: Entry, proof: Proof) -> None:
    entry.version_id = proof.invocation.version_id
    entry.role = str(proof.ran.role) if proof.ran else ""
    entry.agrees = proof.agrees
    entry.save(update_fields=["version_id", "role", "agrees"])


def answer_of(entry: Entry) -> Answer | None:
    """The stored answer; None for a send that failed."""
    if entry.status is None:
        return None
    return Answer(
        edge=entry.edge,
        status=entry.status,
        headers=[(name, value) for name, value in entry.headers],
        body=bytes(entry.body),
        ended_by=EndedBy(entry.ended_by or ("size" if entry.truncated else "")),
        timing=Timing(*entry.timing),
        proof_headers=entry.stamps,
    )


def expected_of(entry: Entry) -> Expected | None:
    return Expected.from_dict(entry.expected) if entry.expected else None


def shelf(person: User) -> Shelf:
    """Entries without their bodies, and saved requests without theirs."""
    entries = Entry.objects.filter(person=person, sent_on__gte=timezone.now() - KEEP)
    shared = Saved.objects.select_related("made_by").defer("request")
    return Shelf(
        list(entries.defer("body", "headers", "expected", "stamps")[:LISTED]),
        list(shared[:LISTED_SAVED]),
    )


def _fill(entry: Entry, answer: Answer) -> None:
    entry.edge = answer.edge
    entry.status = answer.status
    entry.ray = answer.ray[:32]
    entry.headers = headers_of(answer.headers)
    entry.stamps = answer.proof_headers
    entry.timing = list(astuple(answer.timing))
    entry.body = answer.body
    entry.truncated = answer.truncated
    entry.ended_by = answer.ended_by


def _prune(person: User) -> None:
    Entry.objects.filter(sent_on__lt=timezone.now() - KEEP).delete()
    surplus = Entry.objects.filter(person=person).values_list("pk", flat=True)[MOST : MOST + 50]
    Entry.objects.filter(pk__in=list(surplus)).delete()
