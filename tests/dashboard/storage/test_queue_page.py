"""A queue's page: who sees what; pause, resume, purge; and the form of new namespaces."""

from __future__ import annotations

import uuid

import pytest
from django.test import Client
from django.utils import timezone

from dashboard.accounts.actor import Actor
from dashboard.accounts.models import Role
from dashboard.storage.client import StateRefused, state_client
from dashboard.storage.queues import queue_messages, queues
from dashboard.storage.queues.queue_messages import Message
from routing.models import AuditEntry, StateNamespace
from tests.factories import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def queue(db: None) -> StateNamespace:
    made = queues.create(f"q-{uuid.uuid4().hex[:20]}", {}, Actor(None, "shell", timezone.now()))
    queue_messages.send(made, [Message({"n": "<b>1</b>"}), Message("plain", is_text=True)])
    return made


def client_of(role: Role) -> Client:
    client = Client()
    client.force_login(make_user(f"a-{role}", role))
    return client


def shown(client: Client, queue: StateNamespace) -> str:
    response = client.get(f"/storage/queue/{queue.key}/")
    assert response.status_code == 200
    return response.content.decode()


def test_messages_are_shown_to_operators_only(queue: StateNamespace) -> None:
    html = shown(client_of(Role.OPERATOR), queue)
    assert "&lt;b&gt;1&lt;/b&gt;" in html and "plain" in html and "data-backlog>2<" in html
    html = shown(client_of(Role.VIEWER), queue)
    assert "plain" not in html and html.count("data-message=") == 2


def test_pause_resume_purge(queue: StateNamespace) -> None:
    operator, path = client_of(Role.OPERATOR), f"/storage/queue/{queue.key}/change/"
    for do in ("pause", "resume"):
        operator.post(path, {"do": do})
        queue.refresh_from_db()
        assert queue.settings["delivery_paused"] is (do == "pause")
    operator.post(path, {"do": "purge"})
    assert "data-empty" in shown(operator, queue)
    actions = AuditEntry.objects.order_by("pk").values_list("action", flat=True)
    assert list(actions)[-3:] == ["queue.change", "queue.change", "queue.purge"]
    assert operator.post(path, {"do": "else"}).status_code == 400
    assert client_of(Role.VIEWER).post(path, {"do": "purge"}).status_code == 403


def test_a_refusal_of_the_state_process_is_on_the_page(queue: StateNamespace) -> None:
    with pytest.raises(StateRefused):
        queues.post(queue.key, "/missing", {})
    state_client().destroy("queue", queue.key)
    operator = client_of(Role.OPERATOR)
    assert "data-problem" in shown(operator, queue)
    done = operator.post(f"/storage/queue/{queue.key}/change/", {"do": "purge"}, follow=True)
    assert done.status_code == 200 and b"is-danger" in done.content
    assert not AuditEntry.objects.filter(action="queue.purge").exists()


def test_without_a_state_process(queue: StateNamespace, settings: object) -> None:
    settings.STATE_URL = "https://127.0.0.1:9"  # type: ignore[attr-defined]
    assert "data-problem" in shown(client_of(Role.OPERATOR), queue)


@pytest.mark.parametrize(("kind", "bad"), [("d1", "no spaces"), ("queue", "No_Name")])
def test_the_form_creates_databases_and_queues(kind: str, bad: str, db: None) -> None:
    operator, name = client_of(Role.OPERATOR), f"n-{uuid.uuid4().hex[:20]}"
    made = operator.post("/storage/new/", {"kind": kind, "title": name})
    key = StateNamespace.objects.get(kind=kind, title=name).key
    assert made["Location"] == f"/storage/{kind}/{key}/"
    refused = operator.post("/storage/new/", {"kind": kind, "title": bad})
    assert refused.status_code == 422
    assert f'<option value="{kind}" selected>' in refused.content.decode()
    assert operator.post("/storage/new/", {"kind": kind, "title": name}).status_code == 422
