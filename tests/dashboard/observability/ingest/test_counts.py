"""Batches of counts become rollups, each of them once."""

import pytest
from django.db.models import Sum
from fastdigest import TDigest

from dashboard.observability.ingest.batch_schema import CountsInvalid
from dashboard.observability.ingest.counts import OtherPlaces
from dashboard.observability.models import Count, Gap, Latency, Reading, Span
from tests.dashboard.observability.batches import MINUTE, count, make_batch, request
from tests.factories import make_edge

pytestmark = pytest.mark.django_db


def total(span=Span.MINUTE, **fields):
    return Count.objects.filter(span=span, **fields).aggregate(n=Sum("requests"))["n"] or 0


def test_requests_are_in_all_three_rollups_at_once(edge):
    count(edge, request(), request(59.9), request(60), request(3600))
    assert [total(span) for span in Span] == [4, 4, 4]
    minutes = Count.objects.filter(span=Span.MINUTE).order_by("start")
    assert [(row.start - MINUTE, row.requests) for row in minutes] == [(0, 2), (60, 1), (3600, 1)]
    assert set(Count.objects.filter(span=Span.DAY).values_list("start")) == {
        (MINUTE // 86_400 * 86_400,)
    }


def test_a_second_batch_adds_to_the_first(edge):
    count(edge, request(us=1000), request(us=2000))
    count(edge, request(us=3000), request(status=500), begins=2)
    assert total(status_class=2) == 3 and total(error="5xx") == 1
    latency = Latency.objects.get(span=Span.HOUR)
    assert (latency.requests, latency.total_us) == (4, 8070)
    sketch = TDigest.from_bytes(bytes(latency.sketch))
    assert sketch.n_values == 4 and sketch.max() == 3000


def test_the_same_batch_again_counts_nothing(edge):
    assert count(edge, request(), request())
    assert not count(edge, request(), request())
    assert total() == 2 and Latency.objects.get(span=Span.DAY).requests == 2


def test_a_batch_that_begins_within_what_was_counted_is_told_where_to_go_on(edge):
    count(edge, request(), request())
    with pytest.raises(OtherPlaces) as told:
        count(edge, request(), request(), request())
    assert told.value.places == {"public": (0, 200, 2)}
    assert total() == 2
    count(edge, request(), begins=2)
    assert total() == 3 and not Gap.objects.exists()


def test_lines_that_never_came_are_a_gap_of_that_size(edge):
    count(edge, request())
    count(edge, request(), begins=8)
    (gap,) = Gap.objects.all()
    assert (gap.edge, gap.kind, gap.lines) == ("e1", Gap.Kind.DROPPED, 7)


def test_lines_that_cannot_be_read_are_a_gap(edge):
    count(edge, request(), unreadable=2)
    assert Gap.objects.get().kind == Gap.Kind.UNREADABLE


def test_an_edge_that_began_anew_is_a_gap_of_unknown_size(edge):
    count(edge, request())
    count(edge, request(), log="log-2")
    gap = Gap.objects.get()
    assert (gap.kind, gap.lines) == (Gap.Kind.RESTARTED, None)
    assert total() == 2 and Reading.objects.count() == 2


def test_an_edge_that_was_killed_may_miss_its_last_moment(edge):
    count(edge, request())
    count(edge, request(), begins=1, batch="boot-2", cut_off=True)
    assert (Gap.objects.get().kind, Gap.objects.get().lines) == (Gap.Kind.CUT_OFF, None)


def test_a_kill_is_noted_once_even_if_all_else_was_counted_before(edge):
    count(edge, request())
    for _ in range(2):
        assert not count(edge, request(), batch="boot-2", cut_off=True)
    assert Gap.objects.count() == 1


def test_edges_are_counted_apart(edge):
    count(edge, request())
    count(make_edge("e2"), request())
    assert total(edge="e1") == total(edge="e2") == 1


def test_a_batch_without_a_log_is_not_counted(edge):
    assert count(edge, request(), log="")
    assert not Count.objects.exists() and not Reading.objects.exists()


@pytest.mark.parametrize(
    "wrong",
    [
        {"latency": [[60, "shop", "v1", "external", 1, 1, "bm9uc2Vuc2U="]]},
        {"latency": [[60, "shop", "v1", "external", 1, 1, "!"]]},
        {"counts": [[61, "shop", "v1", "d", "external", "percentage", "absent", 2, "", 1]]},
        {"ends": {"public": (0, 0, -1)}},
        {"ends": {}},
    ],
)
def test_nonsense_is_refused_whole(edge, wrong):
    with pytest.raises(CountsInvalid):
        count(edge, request(), **wrong)
    assert not Count.objects.exists() and not Reading.objects.exists()


def test_what_a_batch_says_does_not_grow_with_its_requests(edge):
    count(edge, request())
    few = make_batch(*[request()] * 3, begins=1)
    many = make_batch(*[request()] * 300, begins=4)
    assert len(few.counts) == len(many.counts) == 1


@pytest.mark.parametrize(("versions", "minutes"), [(1, 1), (3, 10)])
def test_a_batch_is_counted_in_a_constant_number_of_queries(
    edge, versions, minutes, django_assert_max_num_queries
):
    count(edge, request())
    lines = [request(60 * m, f"v{v}") for v in range(versions) for m in range(minutes)]
    with django_assert_max_num_queries(12):
        count(edge, *lines, begins=1)
