"""How far a reader has to go to follow one send of the playground.

Counted: project files of which a function runs between the call of the view and its return, the
rendering of the answer included; models and the ASGI middleware (`disconnect.py`) aside.
"""

import pytest

from dashboard.playground.pages import views
from tests.dashboard.playground.fake_edge import RAY, fake_edge
from tests.entered_files import files_entered
from tests.factories import make_deployment, make_edge, make_invocation, make_worker

pytestmark = pytest.mark.django_db

#: Files of the rooms that a send is about, and of the whole project.
MOST_OWN, MOST = 16, 45


@pytest.fixture
def shop(db):
    worker = make_worker("shop", versions=2)
    one, two = worker.versions.order_by("number")
    deployment = make_deployment(worker, (two, 0), (one, 100))
    with fake_edge() as listener:
        edge = make_edge(proof_url=listener.url)
        make_invocation(edge, deployment, ray=RAY, version_id=str(one.id))
        yield worker


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_send_is_a_short_way(maya, shop, method):
    sent = {"worker": "shop", "method": method, "path": "/", "body": "a"}

    def send():
        answer = maya.post("/playground/", sent, headers={"HX-Request": "true"})
        assert answer.status_code == 200 and b"As predicted" in answer.content

    send()  # imports and caches
    files = files_entered(views.playground, send) - {"dashboard/playground/disconnect.py"}
    own = {f for f in files if f.startswith(("dashboard/playground/", "dashboard/sending/"))}
    assert len(own) <= MOST_OWN, sorted(own)
    assert len(files) <= MOST, sorted(files)


def test_a_send_computes_its_answer_only(maya, shop, django_assert_max_num_queries):
    def send():
        maya.post("/playground/", {"worker": "shop"}, headers={"HX-Request": "true"})

    send()
    with django_assert_max_num_queries(24):
        send()
