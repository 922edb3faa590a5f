"""Which calls belong to a request, and how sure that is."""

from datetime import timedelta

import pytest
from django.utils import timezone

from dashboard.observability.requests.trace import trace
from dashboard.observability.requests.waterfall import WIDTH, Span, bars
from routing.models import InvocationDetail
from routing.snapshot import BindingSpec
from tests.factories import (
    make_deployment,
    make_draft,
    make_edge,
    make_invocation,
    make_user,
    make_version,
    make_worker,
)

T = timezone.now()
FRAGMENT = {"HX-Request": "true"}


def at(ms):
    return T + timedelta(milliseconds=ms)


@pytest.fixture
def plane(db):
    """An edge, and deployments of `shop`, which is bound to `prices`."""
    make_worker("prices")
    bound = BindingSpec(name="P", type="service", options={"service": "prices"})
    shop = make_version("shop", make_draft(bindings=[bound])).worker
    return make_edge(), make_deployment(shop), make_deployment(make_worker("prices"))


def outside(plane, ray="r1", ms=100, after=0, **given):
    edge, shop, _ = plane
    fields = {"ray": ray, "started_on": at(after), "duration_us": 1000 * ms, "hop": "public"}
    return make_invocation(edge, shop, **fields | given)


def inside(plane, caller, ray, after, ms=5):
    edge, _, prices = plane
    fields = {"hop": "internal", "caller": caller.version_id, "ray": ray}
    return make_invocation(
        edge, prices, started_on=at(after), duration_us=1000 * ms, path="/sub", **fields
    )


def hops(ray="r1"):
    return [(h.row.invocation.path if h.row else "rpc", h.depth, h.relation) for h in trace(ray)]


def test_a_request_alone(plane):
    outside(plane)
    assert hops() == [("/", 0, "")] and trace("nobody-knows") == []


@pytest.mark.parametrize(("age", "grows"), [(timedelta(), True), (timedelta(minutes=1), False)])
def test_the_page_of_a_new_request_waits_for_what_the_worker_logged(plane, client, age, grows):
    edge, shop, _ = plane
    make_invocation(edge, shop, ray="r1", started_on=timezone.now() - age, hop="public")
    client.force_login(make_user("maya"))
    assert (b"hx-trigger" in client.get("/invocations/r1/", headers=FRAGMENT).content) is grows


def test_a_request_that_was_passed_on_belongs_by_its_ray(plane):
    first = outside(plane)
    inside(plane, first, "r1", 10)
    assert hops() == [("/", 0, ""), ("/sub", 1, "ray")]


def test_a_worker_cannot_put_its_calls_into_the_trace_of_others(plane, client):
    """`stranger` answered nothing with this ray, and sends it all the same."""
    edge, shop, prices = plane
    first = outside(plane)
    stranger = make_deployment(make_worker("stranger"))
    outer = make_invocation(edge, stranger, ray="r2", started_on=at(5), hop="public")
    inside(plane, outer, "r1", 10)
    inside(plane, first, "r1", 20)
    assert hops() == [("/", 0, ""), ("/sub", 1, "ray")]
    client.force_login(make_user("maya"))
    html = " ".join(client.get("/invocations/r1/").content.decode().split())
    assert "1 more request carries this ray id. Its caller did not answer this request" in html


def test_a_call_after_the_answer_belongs_to_its_caller(plane):
    first = outside(plane, ms=5)
    inside(plane, first, "r1", 50)
    assert hops() == [("/", 0, ""), ("/sub", 1, "ray")]


def test_a_call_made_anew_is_inferred_while_nobody_else_was_there(plane):
    first = outside(plane)
    inside(plane, first, "r2", 10)
    inside(plane, first, "r3", 400)
    assert hops() == [("/", 0, ""), ("/sub", 1, "inferred")]


def test_and_only_possible_when_another_request_was_open(plane):
    first = outside(plane)
    outside(plane, ray="r9", after=-50)
    inside(plane, first, "r2", 10)
    assert hops() == [("/", 0, ""), ("/sub", 1, "possible")]


def test_an_rpc_call_is_known_by_what_the_called_worker_said(plane):
    outside(plane)
    edge, _, prices = plane
    InvocationDetail.objects.create(
        edge=edge,
        detail_id="1",
        worker="prices",
        version_id=str(prices.shares.get().version_id),
        rpc_method="add",
        outcome="ok",
        started_on=at(20),
        wall_ms=3,
    )
    assert hops() == [("/", 0, ""), ("rpc", 1, "inferred")]


def test_a_worker_that_is_not_bound_called_nobody(plane):
    outside(plane)
    edge, _, prices = plane
    InvocationDetail.objects.create(
        edge=edge,
        detail_id="1",
        worker="another",
        version_id=str(prices.shares.get().version_id),
        rpc_method="add",
        outcome="ok",
        started_on=at(20),
        wall_ms=3,
    )
    assert hops() == [("/", 0, "")]


def test_a_trace_takes_a_bounded_number_of_queries(plane, django_assert_max_num_queries):
    first = outside(plane)
    for number in range(80):
        inside(plane, first, f"r-{number}", 1 + number)
    with django_assert_max_num_queries(40):
        assert 50 < len(trace("r1")) < 130


def test_bars_share_one_scale():
    first, second = bars([Span(at(0), 100), Span(at(50), 25)])
    assert (first.x, first.width, first.after_ms) == (0, WIDTH, 0)
    assert (second.x, second.width, second.after_ms) == (500, 250, 50)


def test_what_took_no_time_is_seen_all_the_same():
    assert all(bar.width >= 4 and bar.x + bar.width <= WIDTH for bar in bars([Span(at(0), 0)] * 2))
    (_, last) = bars([Span(at(0), 100), Span(at(100), 0)])
    assert last.width >= 4 and last.x + last.width <= WIDTH and bars([]) == []


def test_a_request_that_started_its_version_says_so(plane, client):
    outside(plane, ms=300, cold_start_us=200_000)
    client.force_login(make_user("maya"))
    for path in ("/invocations/r1/", "/invocations/"):
        assert "data-cold-start" in client.get(path).content.decode()
    outside(plane, ray="r2")
    assert "data-cold-start" not in client.get("/invocations/r2/").content.decode()
