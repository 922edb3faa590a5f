"""The edge that a request goes through: any, a named one, every one."""

import re

import pytest

from dashboard.playground.models import Entry
from dashboard.playground.runs import runner
from tests.dashboard.playground.fake_edge import fake_edge
from tests.factories import make_deployment, make_edge, make_invocation, make_worker

pytestmark = pytest.mark.django_db


@pytest.fixture
def listeners():
    with fake_edge() as one, fake_edge() as two:
        yield {"one": one, "two": two}


@pytest.fixture
def shop(db, listeners):
    """Each edge answers with its own version, and its log agrees."""
    worker = make_worker("shop", versions=2)
    versions = worker.versions.order_by("number")
    deployment = make_deployment(worker, (versions[1], 50), (versions[0], 50))
    for (name, listener), version in zip(listeners.items(), versions, strict=True):
        edge = make_edge(name, proof_url=listener.url)
        ray = f"{name}-RAY"
        make_invocation(edge, deployment, ray=ray, version_id=str(version.id))
        listener.headers[:] = [(n, v) for n, v in listener.headers if n.lower() != "cf-ray"]
        listener.headers += [("cf-ray", ray), ("x-sluice-version", str(version.id))]
    return worker


def send(client, **sent):
    answer = client.post("/playground/", {"worker": "shop"} | sent, headers={"HX-Request": "true"})
    return answer.content.decode()


def rows(html):
    return dict(re.findall(r'<tr data-edge="([^"]+)" data-version="([^"]*)"', html))


def test_a_named_edge_gets_the_request(maya, shop, listeners):
    for name, other in (("one", "two"), ("two", "one")):
        before = len(listeners[other].requests)
        assert rows(send(maya, edge=name)) == {}
        assert len(listeners[other].requests) == before
        assert Entry.objects.latest("sent_on").request["edge"] == name
    assert len(listeners["one"].requests) == len(listeners["two"].requests) == 1


def test_every_edge_gets_it_once_and_each_outcome_is_shown(maya, shop, listeners):
    html = send(maya, edge="*")
    one, two = shop.versions.order_by("number")
    assert rows(html) == {"one": str(one.id), "two": str(two.id)}
    assert html.count("Proved by the edge</td>") == 2
    assert [len(listener.requests) for listener in listeners.values()] == [1, 1]
    assert Entry.objects.count() == 1


def test_an_edge_that_is_away_does_not_hide_the_others(maya, shop):
    make_edge("gone", proof_url="http://127.0.0.1:1")
    html = send(maya, edge="*")
    assert set(rows(html)) == {"gone", "one", "two"} and "The edge is away" in html
    assert Entry.objects.get().status == 200


def test_an_unknown_edge_is_named(maya, shop, listeners):
    assert "no edge &#x27;mars&#x27;" in send(maya, edge="mars")
    assert not any(listener.requests for listener in listeners.values())


def test_the_choice_is_on_the_page_where_there_is_one_and_in_links(maya, shop):
    page = maya.get("/playground/?worker=shop&edge=two").content.decode()
    assert re.search(r'<option value="two" selected>', page)
    assert maya.get("/playground/?worker=shop").content.count(b'<option value="two"') == 1
    type(make_edge("three")).objects.exclude(name="one").delete()
    assert b'id="edge"' not in maya.get("/playground/?worker=shop").content


def test_a_run_through_every_edge_takes_turns(maya, shop, listeners, monkeypatch):
    runs = []
    monkeypatch.setattr(runner, "launch", lambda *given: runs.append(given) or True)
    maya.post("/playground/many/", {"worker": "shop", "edge": "*", "count": "10", "at_once": "1"})
    [(_, wires)] = runs
    sender = runner.Sender(wires, 10)
    sender.work()
    assert [len(listener.requests) for listener in listeners.values()] == [5, 5]
