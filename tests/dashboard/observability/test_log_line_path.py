"""How far a reader has to go to follow one log line: from the edge's POST to open live logs.

Counted: project files of which a function runs between the call of the view and its return, while
the Worker's live log is open; models aside.
"""

import json
import time

import pytest
from django.test import Client

from dashboard.edges.protocol import views
from dashboard.edges.protocol.registration import register_edge
from dashboard.live.logs import fanout, subscriptions
from routing.models import InvocationDetail
from tests.dashboard.observability.ingest.test_worker_logs import DETAIL, REQUEST, ROW
from tests.entered_files import files_entered
from tests.factories import make_deployment, make_worker

pytestmark = pytest.mark.django_db

#: Rooms that the story is told in: the protocol, the room of observability, the push.
ROOMS = ("dashboard/edges/protocol/", "dashboard/observability/", "dashboard/live/")
#: What they use: masks of secrets, a version's role, formats.
TOOLS = ("dashboard/variables/", "dashboard/sending/redaction.py", "dashboard/fleet/")
TOOLS += ("dashboard/ui/", "dashboard/times/", "routing/transactions/")
MOST_OF_ROOMS, MOST = 12, 20


@pytest.fixture
def shop():
    subscriptions.watch("shop")
    return make_deployment(make_worker("shop"))


@pytest.fixture
def post(published):
    edge = Client(headers={"authorization": f"Bearer {register_edge('e1')}"})

    def send(path, body):
        answer = edge.post(f"/edge/v1/{path}", json.dumps(body), content_type="application/json")
        assert answer.status_code == 204, answer.content

    return send


@pytest.fixture
def published(monkeypatch):
    messages = []
    monkeypatch.setattr(fanout, "broadcast", lambda group, message: messages.append(message))
    return messages


def of_access_log(deployment, number):
    ids = str(deployment.shares.get().version_id), str(deployment.pk)
    minute = int(time.time()) // 60 * 60
    row = ROW | {"request_id": str(number), "ray": f"r-{number}", "started_on": minute + 1.0}
    row |= {"version_id": ids[0], "deployment_id": ids[1], "reason": "percentage"}
    counted = [minute, "shop", *ids, "external", "percentage", "absent", 2, "", 1]
    return {
        "batch": f"b-{number}",
        "rows": [row],
        "log": "log-1",
        "begins": {"external": [1, 0, number]},
        "ends": {"external": [1, 100, number + 1]},
        "counts": [counted],
    }


def of_worker(number):
    row = DETAIL | {"id": f"boot-{number}", "event": {"request": REQUEST}}
    return {"batch": f"d-{number}", "rows": [row]}


def check(files):
    story = {name for name in files if name.startswith(ROOMS)}
    assert len(story) <= MOST_OF_ROOMS, sorted(story)
    assert not {name for name in files - story if not name.startswith(TOOLS)}
    assert len(files) <= MOST, sorted(files)


def test_a_line_of_the_access_log_is_a_short_way(post, published, shop):
    post("invocations", of_access_log(shop, 0))  # imports and caches
    published.clear()
    check(files_entered(views.invocations, lambda: post("invocations", of_access_log(shop, 1))))
    (message,) = published
    assert "r-1" in message["items"]


def test_a_line_that_a_worker_prints_is_a_short_way(post, published, shop):
    post("details", of_worker(0))
    check(files_entered(views.details, lambda: post("details", of_worker(1))))
    assert InvocationDetail.objects.count() == 2
    assert "hello" in published[-1]["items"]
