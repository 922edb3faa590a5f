"""Datasets of Analytics Engine: points in the state process, the SQL API, uploads and the page."""

from __future__ import annotations

import time

import pytest

from dashboard.storage.client import StateRefused, state_client
from dashboard.storage.datasets import datasets
from routing.models import AuditEntry, StateNamespace, Version
from tests.dashboard.api.conftest import METADATA, Api

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
SQL = "/analytics_engine/sql"


@pytest.fixture
def api(olga):
    return Api(olga, ["read", "deploy", "admin"])


@pytest.fixture
def name(request):
    """The data outlives a test, so each has a dataset of its own."""
    return f"clicks_{abs(hash(request.node.nodeid)) % 10**12}"


def binding(dataset):
    return {"name": "CLICKS", "type": "analytics_engine", "dataset": dataset}


@pytest.fixture
def dataset(api, name):
    """Bound to the live version of shop."""
    assert api.put(metadata=METADATA | {"bindings": [binding(name)]}).status == 200
    return StateNamespace.objects.get(kind="dataset", key=name)


def point(index="a", blobs=(), doubles=(), at=None):
    return {"t": at or time.time(), "i": index, "b": list(blobs), "d": list(doubles)}


def write(name, *points, lost=0):
    sent = {"points": list(points), "lost": lost}
    return state_client().request("dataset", name, "POST", "/points", json=sent).json()["stored"]


def ask(api, sql):
    return api("POST", SQL, sql.encode(), content_type="text/plain").response


def test_an_upload_creates_the_dataset_once(api, dataset, name):
    api.put(metadata=METADATA | {"bindings": [binding(name)]})
    assert AuditEntry.objects.filter(action="dataset.create").count() == 1
    unnamed = {"name": "VISITS", "type": "analytics_engine"}
    assert api.put(metadata=METADATA | {"bindings": [unnamed]}).status == 200
    assert StateNamespace.objects.filter(key="VISITS").exists()
    refused = api.put("blog", metadata=METADATA | {"bindings": [binding("a b")]})
    assert refused.refusal == (400, 10026) and not Version.objects.filter(worker__name="blog")


def test_points_are_stored_and_queried(api, dataset, name):
    points = [point("a", ["GET", "é"], [1.5]), point("b", ["POST"], [2.5, 7])]
    assert write(name, *points) == 2
    sql = f"SELECT index1, blob2, SUM(double1) AS total FROM {name} GROUP BY index1, blob2"
    answer = ask(api, f"{sql} ORDER BY total")
    assert answer.status_code == 200 and answer["Content-Type"] == "application/json"
    body = answer.json()
    assert body["data"] == [
        {"index1": "a", "blob2": "é", "total": 1.5},
        {"index1": "b", "blob2": "", "total": 2.5},
    ]
    assert body["rows"] == 2 and body["meta"][2] == {"name": "total", "type": "Float64"}
    lines = ask(api, f"SELECT count() AS n FROM {name} FORMAT JSONEachRow").content
    assert lines == b'{"n": "2"}\n'
    assert name.encode() in ask(api, "SHOW TABLES FORMAT TabSeparated").content
    got = api("GET", f"{SQL}?query=SELECT%20count()%20FROM%20{name}").response
    assert got.json()["data"] == [{"count()": "2"}]


def test_a_query_that_is_refused_says_why(api, dataset, name, olga):
    for sql in ("", "SELECT sleep(1) FROM x", "SELECT count() FROM nothing"):
        answer = ask(api, sql)
        assert answer.status_code == 400 and answer["Content-Type"].startswith("text/plain")
    misused = ask(api, f"SELECT count() FROM {name} WHERE count() > 1")
    assert misused.status_code == 400 and b"misuse" in misused.content
    assert ask(Api(olga, ["read"]), "SHOW TABLES").status_code == 200


def test_points_beyond_the_limits_are_lost_and_counted(dataset, name):
    bad = [
        point("x" * 97),
        point(blobs=["x"] * 21),
        point(blobs=["x" * 16_385]),
        point(doubles=[1] * 21),
        point(doubles=["1"]),
        {"t": None, "i": "", "b": [], "d": []},
        None,
    ]
    good = point("x" * 96, ["x" * 819] * 20, [1] * 20)
    assert write(name, good, *bad, lost=5) == 1
    status = datasets.status(name)
    assert (status.points, status.lost) == (1, 12) and status.lost_since and status.size


def test_a_time_that_cannot_be_is_replaced_by_now(dataset, name):
    write(name, point(at=1.0), point(at=time.time() - 60))
    first = datasets.status(name).first_at.timestamp()
    assert abs(time.time() - 60 - first) < 5


def test_no_other_dataset_can_be_reached(api, dataset, name):
    write(name, point("secret"))
    client, other = state_client(), f"{name}_other"
    assert datasets.status(other).points == 0
    forged = {"x-sluice-state": f"dataset:{name}:{'0' * 64}"}
    answer = client._http.post("/status", json={}, headers=forged)
    assert answer.status_code == 403
    with pytest.raises(StateRefused):
        datasets._post(name, "/nothing", {})


def test_the_page_charts_and_queries(admin, dataset, name):
    write(name, point("a", [], [2]), point("b", [], [3]), lost=1)
    html = admin.get(f"/storage/dataset/{name}/?measure=sum+double1&index=a").content.decode()
    assert "data-points>2<" in html and "<rect" in html and "data-problem" not in html
    hostile = admin.get(f"/storage/dataset/{name}/", {"index": "' OR 1=1 --\\"}).content.decode()
    assert "data-empty" in hostile and "data-problem" not in hostile
    sql = {"sql": f"SELECT max(double1) AS most FROM {name}"}
    shown = admin.post(f"/storage/dataset/{name}/query/", sql).content.decode()
    assert "data-result" in shown and "3.0" in shown
    refused = admin.post(f"/storage/dataset/{name}/query/", {"sql": "DROP TABLE points"})
    assert refused.status_code == 422 and "data-query-error" in refused.content.decode()


def test_a_dataset_that_is_written_to_is_not_deleted(admin, api, dataset, name):
    write(name, point())
    gone = {"title": name}
    admin.post(f"/storage/dataset/{name}/delete/", gone)
    assert StateNamespace.objects.filter(key=name).exists()
    api.put()
    admin.post(f"/storage/dataset/{name}/delete/", gone)
    assert not StateNamespace.objects.filter(key=name).exists()
    assert AuditEntry.objects.filter(action="dataset.delete").count() == 1
    api.put(metadata=METADATA | {"bindings": [binding(name)]})
    assert datasets.status(name).points == 0 and write(name, point()) == 1
