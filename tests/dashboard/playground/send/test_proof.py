"""Which version ran: the edge's log, not the answer, and every difference is loud."""

import socket
import time

import pytest

from dashboard.sending import outcome
from dashboard.sending.outcome import log_line
from routing.models import Edge, Worker
from tests.dashboard.playground.fake_edge import RAY, fake_edge
from tests.factories import make_deployment, make_edge, make_invocation, make_user, make_worker

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def listener():
    with fake_edge() as server:
        yield server


@pytest.fixture
def shop(listener) -> Worker:
    """#2 at 0%, #1 at 100%, #3 in no deployment."""
    make_edge(proof_url=listener.url)
    worker = make_worker("shop", versions=3)
    make_deployment(worker, (worker.versions.get(number=1), 100))
    make_deployment(
        worker, (worker.versions.get(number=2), 0), (worker.versions.get(number=1), 100)
    )
    return worker


def logged(worker, number=1, **fields):
    """The line that the edge wrote about the answer."""
    deployment = worker.deployments.newest_first().first()
    version = worker.versions.get(number=number)
    fields = {"ray": RAY, "version_id": str(version.id)} | fields
    return make_invocation(Edge.objects.get(), deployment, **fields)


def send(client, worker, number=None, **fields):
    body = {"worker": "shop", "method": "GET", "path": "/"}
    if number:
        body["version"] = str(worker.versions.get(number=number).id)
    return client.post("/playground/", body | fields)


def text(response):
    return " ".join(response.content.decode().split())


def test_an_applied_override_is_proved_by_the_log(maya, shop, listener):
    logged(shop, 2, reason="override", override="applied")
    html = text(send(maya, shop, 2))
    assert "Ran candidate" in html and "(0%)" in html
    assert "As predicted." in html
    assert "hello" in html and "200 OK" in html


def test_what_the_worker_says_of_itself_does_not_count(maya, shop, listener):
    listener.body = f"I am {shop.versions.get(number=2).id}".encode()
    logged(shop, 1)
    html = text(send(maya, shop))
    assert "Ran stable" in html and "As predicted." in html


def test_a_mismatch_is_loud(maya, shop):
    logged(shop, 1, reason="percentage", override="unavailable")
    html = text(send(maya, shop, 2))
    assert "Not as predicted" in html
    assert "Predicted reason override, was percentage." in html
    assert "Predicted override applied, was unavailable." in html
    assert "banner-mismatch" in html


def test_another_deployment_explains_a_mismatch(maya, shop):
    first = shop.deployments.order_by("number").first()
    logged(shop, 1, deployment_id=str(first.id), override="not_propagated")
    html = text(send(maya, shop, 2))
    assert "there was a deployment in between, or the edge lags" in html


def test_a_line_that_comes_late_is_waited_for(maya, shop, listener, monkeypatch):
    calls = []

    def sleep_and_log(seconds):
        calls.append(seconds)
        if len(calls) == 3:
            logged(shop, 1)

    monkeypatch.setattr(outcome.time, "sleep", sleep_and_log)
    assert "Ran stable" in text(send(maya, shop))


def test_a_line_that_does_not_come_is_said_and_can_be_looked_for(maya, shop, monkeypatch):
    monkeypatch.setattr("dashboard.playground.send.edges.LOG_WAIT", 0)
    html = send(maya, shop, 2).content.decode()
    assert "log line has not arrived yet" in html
    link = html.split('href="/playground/proof/')[1].split('"')[0].replace("&amp;", "&")
    logged(shop, 2, reason="override", override="applied")
    again = text(maya.get(f"/playground/proof/{link}"))
    assert "Ran candidate" in again and "As predicted." in again


def test_a_forged_prediction_is_not_found(maya, shop):
    logged(shop, 1)
    assert maya.get(f"/playground/proof/{RAY}/?worker=shop&expected=x").status_code == 404


def test_another_hop_of_the_same_ray_is_not_the_answer(shop):
    logged(shop, 1, hop="internal")
    assert log_line(RAY, "shop", wait=0) is None
    assert log_line("x'; --", "shop", wait=0) is None


def test_chance_may_choose_any_live_version_but_no_other(maya, shop):
    make_deployment(shop, (shop.versions.get(number=2), 50), (shop.versions.get(number=1), 50))
    logged(shop, 2)
    assert "As predicted." in text(send(maya, shop))


def test_waiting_ends(shop):
    started = time.monotonic()
    assert log_line(RAY, "shop", wait=0.15) is None
    assert 0.1 < time.monotonic() - started < 1


def test_answers_are_escaped(maya, shop, listener):
    listener.body = b"<script>alert(1)</script>"
    listener.headers.append(("x-evil", "<img src=x>"))
    logged(shop, 1)
    html = send(maya, shop).content.decode()
    assert "<script>alert" not in html and "<img src=x>" not in html
    assert "&lt;script&gt;alert" in html


def test_no_edge_no_answer(maya, shop, listener):
    listener.shutdown()  # while it polls, the kernel still accepts connections
    listener.server_close()
    with socket.socket() as reserved:  # so that no other test's server gets the port
        reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        reserved.bind(listener.server_address)
        html = text(send(maya, shop))
    assert "The edge is away" in html or "No answer in time" in html


def test_viewers_send_get_and_head_only(vera, shop, listener):
    make_user("jonas")
    logged(shop, 1)
    assert send(vera, shop).status_code == 200
    refused = send(vera, shop, method="POST")
    assert refused.status_code == 403
    assert "Viewers send GET and HEAD" in text(refused)
    assert len(listener.requests) == 1


def test_operators_send_any_method(maya, shop, listener):
    logged(shop, 1, method="POST")
    assert send(maya, shop, method="POST", body="x").status_code == 200
    assert listener.requests[0][0] == "POST"


def test_what_cannot_be_sent_is_not(maya, shop, listener):
    response = send(maya, shop, path="http://127.0.0.1:1/")
    assert response.status_code == 422
    assert "Not sent" in text(response)
    assert listener.requests == []


def test_htmx_gets_the_answer_alone(maya, shop):
    logged(shop, 1)
    response = maya.post("/playground/", {"worker": "shop"}, headers={"HX-Request": "true"})
    assert response.content.strip().startswith(b'<section id="answer"')
