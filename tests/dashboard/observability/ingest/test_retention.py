"""Rollups stay for as long as the settings say."""

from datetime import timedelta

import pytest

from dashboard.observability.ingest import retention
from dashboard.observability.ingest.retention import prune_counts
from dashboard.observability.models import Count, Gap, Latency, Span
from routing.models import Edge, Invocation, InvocationDetail
from tests.dashboard.observability.batches import count, request
from tests.factories import T0

pytestmark = pytest.mark.django_db


def spans(model):
    return set(model.objects.values_list("span", flat=True))


def test_minutes_go_first_then_hours_then_days(edge):
    count(edge, request(), unreadable=1)
    left = {Span.MINUTE, Span.HOUR, Span.DAY}
    for days, gone in ((1, set()), (3, {Span.MINUTE}), (36, {Span.HOUR}), (402, {Span.DAY})):
        prune_counts(T0 + timedelta(days=days))
        left -= gone
        assert spans(Count) == spans(Latency) == left
    assert not Gap.objects.exists()


def test_settings_say_how_long(edge, settings):
    settings.KEEP_MINUTES = 10
    count(edge, request())
    prune_counts(T0 + timedelta(days=9))
    assert Span.MINUTE in spans(Count)


def test_the_newest_requests_stay(edge, monkeypatch, settings):
    settings.KEEP_REQUESTS_ROWS = 5
    monkeypatch.setattr(retention, "DETAILS_SHARE", 1)
    monkeypatch.setattr(retention, "AT_ONCE", 3)
    row = Edge.objects.get()
    for n in range(12):
        Invocation.objects.create(
            edge=row, request_id=f"r{n}", status=200, started_on=T0, duration_us=1
        )
        InvocationDetail.objects.create(edge=row, detail_id=f"d{n}", started_on=T0, wall_ms=1)
    assert retention.prune_requests(T0) == 14
    assert set(Invocation.objects.values_list("request_id", flat=True)) == {
        f"r{n}" for n in range(7, 12)
    }
    assert InvocationDetail.objects.count() == 5 and retention.prune_requests(T0) == 0


def test_requests_stay_for_as_long_as_the_setting_says(edge, monkeypatch, settings):
    settings.KEEP_REQUESTS_HOURS = 2
    monkeypatch.setattr(retention, "AT_ONCE", 3)
    row = Edge.objects.get()
    for n in range(10):
        given = {"edge": row, "started_on": T0 + timedelta(minutes=n)}
        Invocation.objects.create(request_id=f"r{n}", status=200, duration_us=1, **given)
        InvocationDetail.objects.create(detail_id=f"d{n}", wall_ms=1, **given)
    now = T0 + timedelta(hours=2, minutes=7)
    assert retention.prune_requests(now) == 14
    assert set(Invocation.objects.values_list("request_id", flat=True)) == {"r7", "r8", "r9"}
    assert InvocationDetail.objects.count() == 3 and retention.prune_requests(now) == 0


def test_one_call_deletes_a_limited_number(edge, monkeypatch, settings):
    """Other tasks have their turn; the next call goes on."""
    monkeypatch.setattr(retention, "AT_ONCE", 2)
    monkeypatch.setattr(retention, "CHUNKS", 2)
    row = Edge.objects.get()
    for n in range(10):
        when = T0 + timedelta(minutes=n)
        Invocation.objects.create(
            edge=row, request_id=f"r{n}", status=200, started_on=when, duration_us=1
        )
    later = T0 + timedelta(days=30)
    assert [retention.prune_requests(later) for _ in range(4)] == [4, 4, 2, 0]
