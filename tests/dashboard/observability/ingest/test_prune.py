"""Rollups stay for as long as the settings say."""

from datetime import timedelta

import pytest

from dashboard.observability.ingest.prune import prune
from dashboard.observability.models import Count, Gap, Latency, Span
from tests.dashboard.observability.batches import count, request
from tests.factories import T0

pytestmark = pytest.mark.django_db


def spans(model):
    return set(model.objects.values_list("span", flat=True))


def test_minutes_go_first_then_hours_then_days(edge):
    count(edge, request(), unreadable=1)
    left = {Span.MINUTE, Span.HOUR, Span.DAY}
    for days, gone in ((1, set()), (3, {Span.MINUTE}), (36, {Span.HOUR}), (402, {Span.DAY})):
        prune(T0 + timedelta(days=days))
        left -= gone
        assert spans(Count) == spans(Latency) == left
    assert not Gap.objects.exists()


def test_settings_say_how_long(edge, settings):
    settings.KEEP_MINUTES = 10
    count(edge, request())
    prune(T0 + timedelta(days=9))
    assert Span.MINUTE in spans(Count)


def test_counting_prunes_now_and_then(edge):
    count(edge, request())
    count(edge, request(3 * 86_400), begins=1, now=T0 + timedelta(days=3))
    minutes = Count.objects.filter(span=Span.MINUTE)
    assert minutes.count() == 1 and Count.objects.filter(span=Span.DAY).count() == 2
