from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from routing.models import Edge
from tests.factories import make_deployment, make_worker

pytestmark = pytest.mark.django_db


def edge(name="local-1", **fields):
    defaults = {"token_sha256": name, "created_on": timezone.now(), "last_seen_on": timezone.now()}
    return Edge.objects.create(name=name, **defaults | fields)


def test_an_edge_shows_its_revision_and_every_process(maya):
    worker = make_worker()
    deployment = make_deployment(worker)
    version = worker.versions.get()
    state = {"state": "backoff", "restarts": 7, "message": "<b>heap out of memory</b>"}
    edge(
        applied_revision=deployment.revision,
        status={"versions": {str(version.id): state, str(uuid4()): {"state": "running"}}},
    )
    said = maya.get("/edges/").content.decode()
    assert f"On revision {deployment.revision}" in said and "backoff" in said
    assert "&lt;b&gt;heap out of memory" in said and "of a deleted Worker" in said


def test_a_worker_that_cannot_move_on_is_named_with_the_reason(maya):
    edge(status={"workers": {"shop": {"error": "its version cannot start"}}})
    assert (
        "keeps its earlier deployment: its version cannot start"
        in maya.get("/edges/").content.decode()
    )


def test_what_stands_in_the_way_of_the_whole_edge_is_said(maya):
    edge(status={"error": "snapshot.json cannot be read: it is damaged"})
    assert "snapshot.json cannot be read: it is damaged" in maya.get("/edges/").content.decode()
    edge("well", status={"error": ""})
    assert maya.get("/edges/").content.count(b"data-edge-error") == 1


def test_why_a_version_was_replaced_is_said_where_it_is_named_and_stays(maya):
    """On the Edges page, the version's page, the Worker's page and in the list of Workers."""
    version = make_deployment(make_worker("shop")).shares.get().version
    now = timezone.now().isoformat()
    end = {"kind": "memory", "at": now, "message": "ran out of memory (its heap reached 128 MB)"}
    process = {"state": "running", "restarts": 1, "message": "", "end": end}
    edge(status={"versions": {str(version.pk): process}})
    for page in ("/edges/", f"/workers/shop/versions/{version.pk}/"):
        content = maya.get(page).content.decode()
        assert content.count("data-last-end") == 1
        assert "its heap reached 128 MB" in content
    for page in ("/workers/shop/", "/workers/"):
        assert "an out of memory" in maya.get(page).content.decode()


def test_a_worker_that_an_edge_never_had_does_not_answer_there(maya):
    """On both pages, with the reason: a secret whose seal is broken, say."""
    why = "The secret KEY was encrypted with another SLUICE_SECRET_KEY."
    lag = {"error": why, "deployment": "", "revision": 0}
    deployment = make_deployment(make_worker("shop"))
    edge(
        desired_revision=deployment.revision,
        lagging={"shop": lag},
        status={"workers": {"shop": lag}},
    )
    assert f"does not answer here: {why}" in maya.get("/edges/").content.decode()
    page = maya.get("/workers/shop/").content.decode()
    assert f"Not taken over: {why}" in page and "0/1 edge" in page


@pytest.mark.parametrize(
    ("kind", "warning"),
    [
        ("own", ""),
        ("", ""),
        ("shared", "Versions share one user"),
        ("agent", "Versions run as the agent’s own user"),
    ],
)
def test_versions_that_are_no_strangers_to_each_other_are_named(maya, kind, warning):
    edge(status={"isolation": {"kind": kind, "reason": "<no> user ids are mapped here"}})
    said = maya.get("/edges/").content.decode()
    assert ("SLUICE_EDGE_UIDS" in said) == bool(warning)
    assert warning in said and ("&lt;no&gt; user ids are mapped here" in said) == bool(warning)


def test_console_lines_in_the_name_of_another_version_are_named(maya):
    edge(status={"shipping": {"details_forged": 1234}})
    said = maya.get("/edges/").content.decode()
    assert "sent console lines as another version" in said and "1,234 batches" in " ".join(
        said.split()
    )


def test_without_an_edge_the_page_says_how_to_make_one(maya):
    assert b"manage.py edge add" in maya.get("/edges/").content


def test_it_asks_for_a_sign_in(client):
    assert client.get("/edges/").status_code == 302


def test_queries_do_not_grow_with_the_edges(maya, django_assert_max_num_queries):
    worker = make_worker(versions=3)
    told = {str(v.id): {"state": "running"} for v in worker.versions.all()}
    for n in range(30):
        edge(f"e{n}", status={"versions": told})
    with django_assert_max_num_queries(13):
        assert maya.get("/edges/").content.count(b"<section") == 30


@pytest.mark.parametrize(
    ("kind", "minutes", "words"),
    [
        ("hang", 5, "Envoy stopped answering and was replaced"),
        ("crash", 5, "&lt;SIGKILL&gt;"),
        ("crash", 90, "&lt;SIGKILL&gt;"),
    ],
)
def test_the_last_unexpected_end_of_envoy_is_on_the_page_and_a_warning_for_an_hour(
    maya, kind, minutes, words
):
    at = (timezone.now() - timedelta(minutes=minutes)).isoformat()
    end = {"kind": kind, "at": at, "message": "Envoy ended by itself (<SIGKILL>)"}
    edge(status={"envoy": {"ends": 3, "end": end, "waited": 12, "sockets": 5}})
    edge("well", status={"envoy": {"ends": 0, "end": None, "waited": 0, "sockets": 5}})
    page = maya.get("/edges/").content.decode()
    assert page.count("data-envoy-end") == page.count(f'data-envoy-end="{kind}"') == 1
    assert words in page
    [_, note] = page.split("data-envoy-end")
    assert ("is-warn" in note.split("</div>")[0]) == (minutes < 60)
