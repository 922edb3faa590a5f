import re
from datetime import timedelta

import pytest
from django.utils import timezone

from dashboard.accounts.models import Role
from dashboard.edges.pages.edge_page import clock_words
from dashboard.edges.protocol.registration import register_edge
from dashboard.edges.registry.join import create_join_token
from routing.models import AuditEntry, Edge, EdgeToken, JoinToken, ObjectNamespace, Worker
from tests.dashboard.edges.registry_helpers import JoinedAgent, by_shell
from tests.factories import T0, make_edge, make_user, make_worker

pytestmark = pytest.mark.django_db
AT = "/edges/at/berlin-1/"


@pytest.fixture
def ada(client):
    client.force_login(make_user("ada", Role.ADMIN))
    return client


def test_an_edge_is_added_and_the_page_follows_its_join(ada):
    answer = ada.post("/edges/add/", {"name": "berlin-1", "group": "eu", "lasts": "15m"})
    text = answer.content.decode()
    assert answer.status_code == 201 and answer["Cache-Control"].startswith("max-age=0")
    secret = re.search(r"slj_[\w-]+", text)[0]
    assert "SLUICE_EDGE_JOIN_TOKEN=" + secret in text
    status = re.search(r'hx-get="(/edges/joining/\d+/)"', text)[1]
    waiting = ada.get(status).content.decode()
    assert 'data-join-state="waiting"' in waiting and secret not in waiting
    assert 'data-joining="berlin-1"' in ada.get("/edges/").content.decode()
    JoinedAgent().join(secret)
    joined = ada.get(status).content.decode()
    assert 'data-join-state="joined"' in joined and "hx-trigger" not in joined
    assert 'data-joining="berlin-1"' not in ada.get("/edges/").content.decode()
    entry = AuditEntry.objects.get(action="edge.invite")
    assert (entry.actor, entry.source) == ("ada", "dashboard")


@pytest.mark.parametrize(
    ("change", "value", "state"),
    [("expires_at", timezone.now(), "expired"), ("revoked_at", timezone.now(), "revoked")],
)
def test_a_token_that_nobody_used_says_so(ada, change, value, state):
    ada.post("/edges/add/", {"name": "berlin-1", "group": "eu", "lasts": "15m"})
    JoinToken.objects.update(**{change: value})
    page = ada.get(f"/edges/joining/{JoinToken.objects.get().pk}/").content.decode()
    assert f'data-join-state="{state}"' in page and "name=berlin-1&amp;group=eu" in page


@pytest.mark.parametrize(
    ("field", "value"), [("name", "A B"), ("group", "A B"), ("lasts", "soon"), ("lasts", "8d")]
)
def test_a_bad_form_keeps_what_was_typed(ada, field, value):
    given = {"name": "berlin-1", "group": "eu", "lasts": "15m"} | {field: value}
    answer = ada.post("/edges/add/", given)
    text = answer.content.decode()
    assert answer.status_code == 422 and not JoinToken.objects.exists()
    assert 'value="berlin-1"' in text or field == "name"
    assert 'aria-invalid="true"' in text and 'id="wrong"' in text


def test_an_edge_is_renamed_moved_drained_and_removed(ada):
    make_edge(name="berlin-1")
    assert ada.get(AT).status_code == 200
    assert ada.post(AT + "drain/", {"on": "1"}).status_code == 302
    assert "data-draining" in ada.get("/edges/").content.decode()
    assert "data-draining" in ada.get(AT).content.decode()
    ada.post(AT + "drain/", {"on": "0"})
    ada.post(AT + "group/", {"group": "eu"})
    assert "data-group" in ada.get("/edges/").content.decode()
    assert ada.post(AT + "rename/", {"name": "b-1"})["Location"] == "/edges/at/b-1/"
    refused = ada.post("/edges/at/b-1/remove/", {"name": "b-2"})
    assert refused.status_code == 422 and Edge.objects.exists()
    assert ada.post("/edges/at/b-1/remove/", {"name": "b-1"})["Location"] == "/edges/"
    assert not Edge.objects.exists() and Edge.with_removed.get().group == "eu"
    assert ada.get("/edges/at/b-1/").status_code == 404
    assert AuditEntry.objects.filter(actor="ada").count() == 5


def test_an_edge_with_durable_objects_stays(ada):
    edge = make_edge(name="berlin-1")
    worker = make_worker("chat")
    Worker.objects.update(objects_edge=edge, group_names=" default ")
    ObjectNamespace.objects.create(
        key="ab" * 16, worker=worker, class_name="Room", sqlite=True, created_at=T0
    )
    for path, sent in (("remove/", {"name": "berlin-1"}), ("group/", {"group": "eu"})):
        answer = ada.post(AT + path, sent)
        assert answer.status_code == 422 and "field-error" in answer.content.decode()
    assert Edge.objects.get().group == "default"


@pytest.mark.parametrize(("path", "value"), [("rename", "A B"), ("group", "A B")])
def test_a_refused_change_is_shown_at_its_field(ada, path, value):
    make_edge(name="berlin-1")
    field = "name" if path == "rename" else "group"
    answer = ada.post(f"{AT}{path}/", {field: value})
    assert answer.status_code == 422 and b'aria-invalid="true"' in answer.content
    assert Edge.objects.get().name == "berlin-1"


def test_a_token_in_the_settings_is_rotated_with_an_overlap(ada):
    old = register_edge("berlin-1")
    answer = ada.post(AT + "rotate/", {"overlap": "86400"})
    new = re.search(r"sle_[\w-]+", answer.content.decode())[0]
    assert answer.status_code == 201 and new not in ada.get(AT).content.decode()
    for token in (old, new):
        assert JoinedAgent(token=token).report().status_code == 200
    ends_at = EdgeToken.objects.order_by("pk").first().expires_at
    assert timedelta(hours=23) < ends_at - timezone.now() <= timedelta(hours=24)


def test_an_edge_that_joined_renews_and_joins_again(ada):
    agent = JoinedAgent().joined()
    agent.report(version="0.1", clock_offset_ms=-2500, plain_http=True)
    text = ada.get(AT).content.decode()
    assert 'id="rotate"' not in text and "2.5 s behind" in text
    warnings = set(re.findall(r'data-edge-warning="(\w+)"', text))
    assert warnings == {"plain_http", "old_agent"}
    listed = set(re.findall(r'data-edge-warning="(\w+)"', ada.get("/edges/").content.decode()))
    assert listed == warnings | {"clock_off"}
    ada.post(AT + "renew/")
    assert agent.report().json()["renew_token"]
    again = ada.post(AT + "join/")
    secret = re.search(r"slj_[\w-]+", again.content.decode())[0]
    assert JoinedAgent(token="sle_of-another-machine").join(secret).status_code == 200
    assert agent.report().status_code == 401


def test_an_edge_that_drained_and_left_is_still_listed(ada):
    old = timezone.now() - timedelta(hours=1)
    make_edge(name="berlin-1", last_seen_on=old, draining_at=old)
    make_edge(name="local-1")
    text = ada.get("/edges/").content.decode()
    assert 'data-edge="berlin-1"' in text
    assert ada.get("/healthz").json().get("reasons", []) == []


@pytest.mark.parametrize(
    "path",
    ["rename/", "group/", "drain/", "renew/", "rotate/", "join/", "remove/", None, "revoke"],
)
def test_only_admins_change_edges(client, path):
    make_edge(name="berlin-1")
    client.force_login(make_user("olga", Role.REVIEWER))
    if path == "revoke":
        path = f"/edges/joining/{_waiting().pk}/revoke/"
    else:
        path = AT + path if path else "/edges/add/"
    given = {"name": "berlin-1", "group": "eu", "on": "1"}
    assert client.post(path, given).status_code == 403
    edge = Edge.objects.get()
    assert (edge.name, edge.group, edge.draining_at) == ("berlin-1", "default", None)
    assert not JoinToken.objects.exclude(revoked_at=None).exists()
    for page in ("/edges/", "/edges/add/", AT):
        assert b"disabled" in client.get(page).content


def _waiting():
    return create_join_token("waiting", by_shell()).row


def test_the_pages_take_as_many_queries_for_one_edge_as_for_ten(ada, django_assert_max_num_queries):
    counts = []
    for number in (1, 9):
        for each in range(number):
            JoinedAgent(f"edge-{number}-{each}").joined()
        for page in ("/edges/", "/edges/at/edge-1-0/"):
            with django_assert_max_num_queries(60) as captured:
                assert ada.get(page).status_code == 200
            counts.append(len(captured))
    assert counts[:2] == counts[2:]


@pytest.mark.parametrize(
    ("offset", "words"),
    [(None, ""), (99, "within"), (-250, "behind"), (61_000, "ahead of")],
)
def test_the_clock_in_words(offset, words):
    assert words in clock_words(offset)
