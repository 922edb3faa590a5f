"""The hop trail, saved checks and what a body says of its version."""

import json
from datetime import timedelta

import pytest

from dashboard.playground.send.proof import version_in_body
from dashboard.playground.send.trace_steps import trail
from dashboard.sending.answer import Answer
from routing.models import InvocationDetail
from tests.factories import T0, make_deployment, make_edge, make_invocation, make_version

RAY = "00000000000000aa-DEV"


def answer(body, status=200):
    text = body if isinstance(body, str) else json.dumps(body)
    return Answer("local-1", status, [("content-type", "application/json")], text.encode())


@pytest.mark.django_db
def test_hops_hang_below_the_version_that_called_them():
    edge = make_edge()
    front = make_deployment(make_version("front").worker)
    inner = make_deployment(make_version("inner").worker)
    caller = str(front.shares.get().version_id)
    make_invocation(edge, front, ray=RAY, started_on=T0, duration_us=10_000)
    for ms in (2, 5):
        make_invocation(
            edge,
            inner,
            ray=RAY,
            hop="internal",
            caller=caller,
            started_on=T0 + timedelta(milliseconds=ms),
            duration_us=2_500,
        )
    InvocationDetail.objects.create(
        edge=edge,
        detail_id="1",
        ray=RAY,
        worker="inner",
        version_id=str(inner.shares.get().version_id),
        outcome="ok",
        started_on=T0,
        wall_ms=1,
        logs=[{"level": "log", "message": ["hi"]}],
    )
    found = trail(RAY)
    assert [(s.hop.depth, s.caller, s.start, s.width) for s in found.steps] == [
        (0, "", "0.00%", "100.00%"),
        (1, "front", "20.00%", "25.00%"),
        (1, "front", "50.00%", "25.00%"),
    ]
    assert found.workers == 2 and found.has_output


@pytest.mark.django_db
def test_no_log_line_is_no_trail():
    assert trail(RAY).steps == () and trail("").steps == ()


def test_the_bodys_own_id_is_held_against_the_edges():
    one, two = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"
    found = version_in_body(answer({"deep": {"version": {"id": one}}}), one, frozenset({one, two}))
    assert (found.path, found.agrees) == ("deep.version.id", True)
    assert version_in_body(answer(f"I am {two}."), one, frozenset({one, two})).agrees is False
    assert version_in_body(answer({"id": "x"}), one, frozenset({one, two})) is None


def test_only_a_part_of_a_long_body_is_laid_out():
    assert answer({"a": [1]}).pretty == ["{", '  "a": [', "    1", "  ]", "}"]
    assert len(answer("x\n" * 9_000).pretty) == 5_000
    assert answer('{"a": ').json is None
