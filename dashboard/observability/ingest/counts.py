"""Counts a batch from an edge once, even if it arrives again."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import F

from dashboard.live.signals import traffic_counted
from dashboard.observability.ingest import rollup
from dashboard.observability.ingest.batch_order import Place, Verdict, classify_batch
from dashboard.observability.ingest.batch_schema import Counts
from dashboard.observability.models import Gap, Reading
from routing.models import Edge
from routing.transactions.after_commit import send_after_commit


class OtherPlaces(Exception):
    """The edge must go on from `places`, up to which its log was counted."""

    def __init__(self, places: dict[str, Place]) -> None:
        super().__init__("This log was counted up to other places.")
        self.places = places


def accept(edge: Edge, batch: Counts, now: datetime) -> bool:
    """Counts the batch, within the caller's transaction; False if it was counted before.

    Raises `CountsInvalid` and `OtherPlaces`; then nothing was stored.
    """
    if not batch.log:
        return True
    batch.check()
    with transaction.atomic():
        Edge.objects.select_for_update().get(pk=edge.pk)  # one batch of an edge at a time
        reading = _reading(edge, batch, now)
        places = {name: _place(place) for name, place in reading.places.items()}
        found = classify_batch(places, batch.begins, batch.ends)
        if found.verdict is Verdict.other:
            raise OtherPlaces(places)
        if batch.cut_off and batch.batch != reading.batch:
            _note(edge, Gap.Kind.CUT_OFF, None, reading.applied_on, now)
        reading.batch = batch.batch
        _note_unwritten(edge, batch, reading, now)
        if found.verdict is Verdict.next:
            _note(edge, Gap.Kind.DROPPED, found.missing, reading.applied_on, now)
            _count(edge, batch, reading, now)
            seen = sorted({row.worker for row in batch.counts if row.worker})
            send_after_commit(traffic_counted, Reading, "announce traffic", workers=seen)
        reading.save()
    return found.verdict is Verdict.next


def _count(edge: Edge, batch: Counts, reading: Reading, now: datetime) -> None:
    _note(edge, Gap.Kind.UNREADABLE, batch.unreadable, reading.applied_on, now)
    rollup.add_counts(edge.name, batch.counts)
    rollup.add_latencies(edge.name, batch.latency)
    rollup.add_callers(edge.name, batch.called())
    rollup.add_steps(edge.name, batch.steps)
    reading.places = {**reading.places, **batch.ends}
    reading.applied_on = now


def _reading(edge: Edge, batch: Counts, now: datetime) -> Reading:
    """How far this log was counted. A log that is new while there was another is a gap."""
    kept = Reading.objects.filter(edge=edge, log=batch.log).first()
    if kept is None:
        before = Reading.objects.filter(edge=edge).order_by("-applied_on").first()
        if before is not None:
            _note(edge, Gap.Kind.RESTARTED, None, before.applied_on, now)
        kept = Reading(edge=edge, log=batch.log, places={}, applied_on=now)
    return kept


def _note_unwritten(edge: Edge, batch: Counts, reading: Reading, now: datetime) -> None:
    """The edge tells the sum since its log began, so that a batch that comes twice adds nothing."""
    more = max(0, batch.unwritten - reading.unwritten)
    _note(edge, Gap.Kind.UNWRITTEN, more, reading.applied_on, now)
    reading.unwritten += more


def _note(edge: Edge, kind: Gap.Kind, lines: int | None, since: datetime, now: datetime) -> None:
    """The one place where a gap is made: what every page says of loss comes from here."""
    if lines != 0:
        Gap.objects.create(edge=edge.name, kind=kind, lines=lines, began_on=since, noticed_on=now)
        lost = F("lost_lines") + (lines or 0)
        Edge.objects.filter(pk=edge.pk).update(lost_lines=lost, lost_at=now)


def _place(stored: list[int]) -> Place:
    number, offset, lines = stored
    return number, offset, lines
