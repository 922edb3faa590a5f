"""Limits at the doors: pages, sends, comments, the API."""

import pytest

from dashboard.accounts.models import Role, User
from dashboard.discussion import threads
from dashboard.limits.limits import REQUESTS, SENDS
from dashboard.limits.rates import Rate
from routing.models import Edge
from tests.dashboard.api.conftest import Api
from tests.factories import make_user, make_worker


@pytest.fixture
def at_once(monkeypatch):
    """Waiting for a place is not tried."""
    monkeypatch.setattr(REQUESTS, "queue", 0)
    monkeypatch.setattr(REQUESTS, "wait_seconds", 0.0)


def taken(places, person):
    for _ in range(places.each):
        places.take(str(person.pk))


def freed(places, person):
    for _ in range(places.each):
        places.give_back(str(person.pk))


def test_one_person_can_have_so_many_pages_worked_on_and_others_see_theirs(maya, vera, at_once):
    person = person_of(maya)
    taken(REQUESTS, person)
    try:
        refused = maya.get("/workers/")
        assert refused.status_code == 429 and refused["Retry-After"] == "3"
        assert b"Too many of your requests are still running." in refused.content
        assert vera.get("/workers/").status_code == 200
    finally:
        freed(REQUESTS, person)
    assert maya.get("/workers/").status_code == 200
    assert REQUESTS.taken() == 0


def test_a_page_that_fails_gives_its_place_back(maya, monkeypatch):
    maya.raise_request_exception = False
    monkeypatch.setattr("dashboard.playground.pages.views._worker", lambda name: 1 / 0)
    assert maya.get("/playground/").status_code == 500
    assert REQUESTS.taken() == 0


def test_slow_sends_of_one_person_are_limited(maya, monkeypatch):
    make_worker("shop")
    edge = Edge(name="local-1", proof_url="http://127.0.0.1:1")
    monkeypatch.setattr("dashboard.playground.send.edges.proof_edge", lambda *_: edge)
    person = person_of(maya)
    taken(SENDS, person)
    try:
        answer = maya.post("/playground/", {"worker": "shop", "path": "/"})
    finally:
        freed(SENDS, person)
    assert answer.status_code == 429
    assert b"Too many of your requests are still running." in answer.content
    assert REQUESTS.taken() == 0


def test_comments_and_open_threads_of_one_person_are_limited(vera, monkeypatch):
    make_worker("shop")
    monkeypatch.setattr(threads, "MOST_OPEN", 2)
    monkeypatch.setattr(threads, "COMMENTS", Rate("comments", 3, 1))
    form = {"pin": "general", "text": "Hello"}
    answers = [vera.post("/workers/shop/conversation/threads/", form) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [302, 302, 422, 422]
    assert b"You have 2 open threads here." in answers[2].content
    assert b"Rate limit reached. Try again in" in answers[3].content


def test_a_token_has_a_limit_in_a_minute_of_its_own(db, settings):
    settings.API_PER_MINUTE = 4
    alice = make_user("alice", Role.ADMIN)
    first, second = Api(alice, ["read"]), Api(alice, ["read"])
    answers = [first("GET", "/workers/scripts") for _ in range(3)]
    assert [answer.status for answer in answers] == [200, 200, 429]
    assert answers[2].refusal == (429, 971)
    assert second("GET", "/workers/scripts").status == 200


def test_requests_of_a_tokens_owner_share_their_places(db, at_once):
    alice = make_user("alice", Role.ADMIN)
    taken(REQUESTS, alice)
    try:
        assert Api(alice, ["read"])("GET", "/workers/scripts").refusal == (429, 971)
    finally:
        freed(REQUESTS, alice)
    assert REQUESTS.taken() == 0


def person_of(client):
    """The person who is signed in."""
    return User.objects.get(pk=client.session["_auth_user_id"])
