"""The conversation about a Worker: threads, comments, hand-over, attention, who looked."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from dashboard.accounts.models import Role, User
from dashboard.discussion.models import Attention, Comment, HandOver, Look, Thread
from dashboard.notifications.events import Event
from dashboard.notifications.models import OutboxEvent
from routing.models import AuditEntry
from tests.factories import make_deployment, make_user, make_version

pytestmark = pytest.mark.django_db
BASE = "/workers/shop/conversation/"


@pytest.fixture
def deployment():
    return make_deployment(make_version().worker)


def client_of(name: str, role: Role = Role.OPERATOR) -> Client:
    user = User.objects.filter(username=name).first() or make_user(name, role)
    client = Client()
    client.force_login(user)
    return client


def begin(client: Client, text: str = "Two of the 11 are the same card.", **pin: str):
    return client.post(f"{BASE}threads/", {"pin": "general", "text": text} | pin)


def test_a_thread_keeps_what_was_live_and_what_was_seen(maya, deployment):
    answer = begin(maya, pin="chart", place="Error rate, 14:36 UTC", seen="0.31% beside 0.20%")
    thread = Thread.objects.get()
    assert answer["Location"] == f"{BASE}#thread-{thread.pk}"
    assert (thread.deployment_id, thread.username) == (str(deployment.id), "maya")
    page = maya.get(BASE).content.decode()
    for words in ("Error rate, 14:36 UTC", "0.31% beside 0.20%", "same card", "Chart minute"):
        assert words in page


def test_viewers_write_too(vera, deployment):
    begin(vera)
    assert Comment.objects.get().username == "vera"


@pytest.mark.parametrize(
    ("field", "sent"),
    [
        ("text", {"text": "  "}),
        ("text", {"text": "x" * 10_001}),
        ("place", {"pin": "step"}),
        ("place", {"place": "x" * 201}),
        ("kind", {"pin": "nothing"}),
        ("seen", {"seen": "x" * 4_001}),
        ("path", {"path": "//evil.example/"}),
        ("path", {"path": "https://evil.example/"}),
        ("path", {"path": "/\\evil.example"}),
        ("path", {"path": "/\t/evil.example/"}),
        ("path", {"path": "/" + "x" * 500}),
        ("path", {"path": "/\n\\evil.example/"}),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_lost(maya, deployment, field, sent):
    answer = maya.post(f"{BASE}threads/", {"pin": "general", "text": "my words"} | sent)
    assert answer.status_code == 422 and answer.context["problem"].field == field
    assert not Thread.objects.exists()
    if "text" not in sent:
        assert "my words" in answer.content.decode()


def test_a_reply_opens_a_resolved_thread_again(maya, deployment):
    begin(maya)
    thread = Thread.objects.get()
    maya.post(f"{BASE}threads/{thread.pk}/resolve/", {"resolved": "1"})
    assert Thread.objects.get().resolved_by == "maya"
    assert "same card" not in maya.get(BASE).content.decode()
    assert "Resolved by maya" in maya.get(f"{BASE}?show=all").content.decode()
    client_of("lena", Role.VIEWER).post(f"{BASE}threads/{thread.pk}/reply/", {"text": "Not yet."})
    assert Thread.objects.get().resolved_at is None
    assert [c.username for c in Comment.objects.all()] == ["maya", "lena"]


def test_who_resolves_what(maya, vera, deployment):
    begin(maya)
    thread = Thread.objects.get()
    address = f"{BASE}threads/{thread.pk}/resolve/"
    assert vera.post(address, {"resolved": "1"}).status_code == 403
    begin(vera, "mine")
    own = Thread.objects.get(username="vera")
    assert vera.post(f"{BASE}threads/{own.pk}/resolve/", {"resolved": "1"}).status_code == 302
    assert Thread.objects.get(pk=thread.pk).resolved_at is None


def test_an_edit_leaves_the_text_before(maya, deployment):
    begin(maya, "first")
    comment = Comment.objects.get()
    address = f"{BASE}comments/{comment.pk}/edit/"
    assert maya.post(address, {"text": "second", "was": "first"}).status_code == 302
    page = maya.get(BASE).content.decode()
    assert "second" in page and "1 earlier version" in page and "first" in page
    stale = maya.post(address, {"text": "third", "was": "first"})
    assert stale.status_code == 409 and "another window" in stale.content.decode()


def test_only_the_author_edits(maya, deployment):
    begin(maya, "first")
    comment = Comment.objects.get()
    ada = client_of("ada", Role.ADMIN)
    answer = ada.post(f"{BASE}comments/{comment.pk}/edit/", {"text": "x", "was": "first"})
    assert answer.status_code == 403 and Comment.objects.get().text == "first"


def test_deleting_leaves_a_trace_and_no_text(maya, deployment):
    begin(maya, "secret words")
    comment = Comment.objects.get()
    maya.post(f"{BASE}comments/{comment.pk}/edit/", {"text": "other", "was": "secret words"})
    lena = client_of("lena")
    assert lena.post(f"{BASE}comments/{comment.pk}/delete/").status_code == 403
    ada = client_of("ada", Role.ADMIN)
    assert ada.post(f"{BASE}comments/{comment.pk}/delete/").status_code == 302
    page = maya.get(f"{BASE}?show=all").content.decode()
    assert "Deleted by ada" in page and "secret words" not in page and "other</p>" not in page
    entry = AuditEntry.objects.get(action="comment.delete")
    assert (entry.actor, entry.after) == ("ada", {"author": "maya"})


def test_mentions_reach_people_and_groups_once_and_never_the_author(maya, deployment):
    lena, rita = make_user("lena"), make_user("rita", Role.REVIEWER)
    make_user("gone", Role.REVIEWER, is_active=False)
    begin(maya, "@lena @LENA @maya @reviewers look, not `@rita`")
    comment = Comment.objects.get()
    vera = make_user("vera", Role.VIEWER)
    edited = {"text": comment.text + " @vera", "was": comment.text}
    maya.post(f"{BASE}comments/{comment.pk}/edit/", edited)
    first, second = OutboxEvent.objects.filter(code=Event.MENTION).order_by("pk")
    assert (first.people, second.people) == (sorted([lena.pk, rita.pk]), [vera.pk])
    assert first.link == f"{BASE}#comment-{comment.pk}" and first.worker == "shop"
    for name, count in (("lena", 1), ("rita", 1), ("maya", 1)):
        page = client_of(name).get(f"{BASE}?show=mine")
        assert len(page.context["threads"]) == count


def test_a_part_of_a_name_is_no_mention(maya, deployment):
    make_user("len")
    begin(maya, "@lena will know")
    assert client_of("len").get(f"{BASE}?show=mine").context["total"] == 0


def test_hand_over_and_take_over(maya, deployment):
    lena = client_of("lena")
    sent = {"to": "lena", "watch": "p99 under 144 ms", "then": "Step to 50%"}
    assert maya.post(f"{BASE}hand-over/", sent).status_code == 302
    page = " ".join(lena.get(BASE).content.decode().split())
    assert "Hand-over: maya to lena" in page and "100% #1 since" in page
    note = HandOver.objects.get()
    notice = OutboxEvent.objects.get(code=Event.MENTION)
    assert notice.people == [note.to_id] and "p99 under 144 ms" in notice.facts["text"]
    assert lena.post(f"{BASE}hand-over/{note.pk}/").status_code == 302
    assert lena.post(f"{BASE}hand-over/{note.pk}/").status_code == 409
    assert "Hand-over:" not in lena.get(BASE).content.decode()
    entries = AuditEntry.objects.filter(action__contains="_over").order_by("pk")
    assert list(entries.values_list("actor", "action")) == [
        ("maya", "worker.hand_over"),
        ("lena", "worker.take_over"),
    ]


@pytest.mark.parametrize("sent", [{"to": "nobody", "watch": "x"}, {"to": "lena"}, {}])
def test_a_hand_over_needs_a_person_and_words(maya, deployment, sent):
    make_user("lena")
    assert maya.post(f"{BASE}hand-over/", sent).status_code == 422
    assert not HandOver.objects.exists()


def test_attention_shows_on_every_page_of_the_worker_until_it_is_over(maya, deployment):
    lena = make_user("lena")
    maya.post(f"{BASE}attention/", {"reason": "Refunds fail", "owner": "lena"})
    attention = Attention.objects.get()
    assert (attention.owner, attention.username) == (lena, "maya")
    assert "data-attention" in maya.get("/workers/shop/versions/").content.decode()
    assert "Refunds fail" in maya.get(BASE).content.decode()
    maya.post(f"{BASE}attention/", {"reason": "And exchanges"})
    assert Attention.objects.filter(ended_at=None).get().reason == "And exchanges"
    maya.post(f"{BASE}attention/", {"over": "1"})
    assert "data-attention" not in maya.get("/workers/shop/versions/").content.decode()


@pytest.mark.parametrize("path", ["hand-over/", "attention/"])
def test_viewers_do_not_change_who_takes_care(vera, deployment, path):
    assert vera.post(BASE + path, {"reason": "x", "to": "vera", "watch": "x"}).status_code == 403


def test_looking_is_of_the_active_deployment(maya, deployment):
    maya.post(f"{BASE}looked/")
    maya.post(f"{BASE}looked/")
    assert Look.objects.count() == 1
    assert [look.username for look in maya.get(BASE).context["looks"]] == ["maya"]
    make_deployment(make_version().worker)
    assert maya.get(BASE).context["looks"] == []


def test_newer_comments_are_offered(maya, deployment):
    begin(maya)
    first = maya.get(BASE).context["newest"]
    address = f"{BASE}news/?after="
    assert "New comments" not in maya.get(f"{address}{first}").content.decode()
    begin(client_of("lena"))
    assert "New comments" in maya.get(f"{address}{first}").content.decode()
    assert maya.get(f"{address}x").status_code == 200


def test_names_stay_when_a_person_is_removed(maya, deployment):
    begin(client_of("lena"), "I was here")
    User.objects.get(username="lena").sessions.all().delete()
    Comment.objects.update(author=None)
    assert re.search(r"<b>lena</b>", maya.get(BASE).content.decode())


def test_queries_do_not_grow_with_threads(maya, deployment):
    def queries() -> int:
        with CaptureQueriesContext(connection) as context:
            maya.get(BASE)
        return len(context)

    begin(maya, "@maya first")
    queries()  # fills caches
    few = queries()
    for number in range(12):
        begin(maya, f"@maya {number}")
    assert queries() == few


def test_a_pin_leads_to_the_form_that_knows_it(maya, deployment):
    version = deployment.shares.get().version
    page = maya.get(f"/workers/shop/versions/{version.id}/").content.decode()
    [link] = re.findall(r'href="(/workers/shop/conversation/\?pin=version[^"]*)"', page)
    form = maya.get(link.replace("&amp;", "&").partition("#")[0]).content.decode()
    assert '<option value="version" selected>' in form and 'value="#1"' in form
