import gzip
import hashlib
import json
from datetime import timedelta

import msgspec
import pytest
from asgiref.sync import sync_to_async
from asgiref.testing import ApplicationCommunicator
from django.test import Client
from django.utils import timezone

from dashboard.asgi import application
from dashboard.edges.protocol.registration import register_edge
from dashboard.fleet.propagation import meter_of
from dashboard.observability.ingest import batch_body
from dashboard.run import console
from routing import snapshot
from routing.control.publish import withheld_workers
from routing.control.revision import current
from routing.models import Edge, Invocation, Propagation
from routing.snapshot import BindingSpec, Secret
from tests.factories import CODE, make_deployment, make_draft, make_version, make_worker

VERSION = "dc8dcd28-271b-4367-9840-6c244f84cb40"
ROW = {
    "request_id": "line-1",
    "ray": "abc-LOCAL",
    "hop": "proof",
    "worker": "shop",
    "version_id": "v",
    "deployment_id": "d",
    "reason": "override",
    "override": "applied",
    "method": "GET",
    "host": "shop.localhost",
    "path": "/",
    "status": 200,
    "started_on": 1_795_380_000.25,
    "duration_us": 1200,
}


@pytest.fixture
def edge(db):
    token = register_edge("e1")
    client = Client(headers={"authorization": f"Bearer {token}"})
    client.token = token
    return client


def post(edge, path, content, **headers):
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    return edge.post(f"/edge/v1/{path}", body, content_type="application/json", headers=headers)


@pytest.mark.django_db
@pytest.mark.parametrize("authorization", ["", "Bearer", "Bearer wrong", "Basic abc", "Bearer é"])
@pytest.mark.parametrize(
    "path", ["snapshot", "modules/" + "0" * 64, "previews/a-b", "reports", "invocations"]
)
def test_nobody_gets_in_without_an_edges_token(authorization, path):
    client = Client(headers={"authorization": authorization})
    method = client.get if path[0] in "smp" else client.post
    answer = method(f"/edge/v1/{path}")
    assert answer.status_code == 401 and "edge create" in answer.json()["error"]


def test_a_signed_in_person_is_no_edge(client, admin_user):
    client.force_login(admin_user)
    assert client.get("/edge/v1/snapshot").status_code == 401


def test_the_token_is_kept_as_a_hash(edge):
    row = Edge.objects.get()
    assert row.token_sha256 == hashlib.sha256(edge.token.encode()).hexdigest()


def test_the_snapshot_comes_whole_then_only_when_something_changed(edge):
    make_deployment(make_worker())
    whole = snapshot.from_json(edge.get("/edge/v1/snapshot?since=0").content)
    assert [w.name for w in whole.workers] == ["shop"] and whole.base is None
    assert edge.get(f"/edge/v1/snapshot?since={whole.revision}").status_code == 204
    make_deployment(make_worker("other"))
    change = snapshot.from_json(edge.get(f"/edge/v1/snapshot?since={whole.revision}").content)
    assert [w.name for w in change.workers] == ["other"] and change.base == whole.revision


@pytest.mark.parametrize("since", ["x", "-1", "1.5", "²"])
def test_a_revision_that_is_no_number_is_named(edge, since):
    answer = edge.get("/edge/v1/snapshot", {"since": since})
    assert answer.status_code == 400 and "since=" in answer.json()["error"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"sha256": ["0" * 64]}, 200),
        ({"sha256": ["0" * 64] * 501}, 400),
        ({"sha256": ["\0"]}, 400),
        ([], 400),
    ],
)
def test_files_are_fetched_together(edge, body, status):
    answer = edge.post("/edge/v1/assets", body, content_type="application/json")
    assert answer.status_code == status
    assert status != 200 or msgspec.msgpack.decode(answer.content) == {}


def test_a_module_is_fetched_by_its_hash(edge):
    make_worker()
    answer = edge.get(f"/edge/v1/modules/{hashlib.sha256(CODE).hexdigest()}")
    assert answer.content == CODE
    assert edge.get(f"/edge/v1/modules/{'0' * 64}").status_code == 404


def test_a_report_says_what_the_edge_has_and_since_when(edge):
    make_deployment(make_worker())
    report = {
        "revision": current(),
        "proof_url": "http://127.0.0.1:9999",
        "versions": {VERSION: {"state": "running", "restarts": 0}},
    }
    assert post(edge, "reports", report).status_code == 204
    assert post(edge, "reports", report).status_code == 204
    row = Edge.objects.get()
    assert row.applied_revision == current() and row.last_seen_on is not None
    assert row.status["versions"][VERSION]["state"] == "running"
    assert Propagation.objects.get().revision == current()


def lag(error, deployment=None):
    return {"error": error, "deployment": str(deployment.id) if deployment else ""}


def test_one_worker_that_cannot_start_keeps_no_other_back(edge):
    """The report of an agent whose Worker `broken` fails: `shop` is there, and since when."""
    shop, broken = make_worker("shop"), make_worker("broken")
    first, before = make_deployment(shop), make_deployment(broken)
    post(edge, "reports", {"revision": current(), "desired": current()})
    bad, good = make_deployment(broken), make_deployment(shop)
    stuck = {"revision": before.revision, "desired": good.revision}
    post(edge, "reports", stuck | {"workers": {"broken": lag("", before), "shop": lag("", first)}})
    row = Edge.objects.get()
    assert not row.has("shop", good.revision) and row.has("shop", first.revision)
    post(edge, "reports", stuck | {"workers": {"broken": lag("SyntaxError", before)}})
    row = Edge.objects.get()
    assert row.has("shop", good.revision) and row.current_revision == good.revision
    assert not row.has("broken", bad.revision) and row.has("broken", before.revision)
    reached = Propagation.objects.values_list("revision", flat=True)
    assert set(reached) == {before.revision, good.revision}


def test_propagation_counts_from_when_the_edge_was_up(edge):
    deployment = make_deployment(make_worker())
    long_ago = timezone.now() - timedelta(hours=1)
    report = {"revision": 0, "desired": 0, "started_at": "a"}
    post(edge, "reports", report)
    post(edge, "reports", report | {"revision": deployment.revision})
    assert meter_of("shop", deployment.revision, long_ago).took_ms < 60_000
    up = Edge.objects.get().up_at
    post(edge, "reports", report | {"revision": deployment.revision})
    assert Edge.objects.get().up_at == up
    post(edge, "reports", report | {"started_at": "b"})
    assert Edge.objects.get().up_at > up


@pytest.mark.parametrize(
    "url", ["https://127.0.0.1:1", "http://example.test", "http://u@127.0.0.1", "http://192.0.2.1"]
)
def test_the_playground_is_never_pointed_away_from_this_machine(edge, url):
    answer = post(edge, "reports", {"revision": 0, "proof_url": url})
    assert answer.status_code == 400 and Edge.objects.get().proof_url == ""


def test_a_report_from_the_future_counts_as_the_newest_revision(edge):
    assert post(edge, "reports", {"revision": 99}).status_code == 204
    assert Edge.objects.get().applied_revision == current()


def test_a_row_sent_twice_is_kept_once(edge):
    batch = {"batch": "b-1", "rows": [{**ROW, "cold_start_us": 700}]}
    assert post(edge, "invocations", batch).status_code == 204
    packed = gzip.compress(json.dumps({**batch, "batch": "b-2"}).encode())
    assert post(edge, "invocations", packed, **{"content-encoding": "gzip"}).status_code == 204
    kept = Invocation.objects.get()
    assert (kept.ray, kept.override, kept.duration_us) == ("abc-LOCAL", "applied", 1200)
    assert kept.cold_start_us == 700
    assert kept.started_on.microsecond == 250_000


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[]",
        b'{"batch": "b", "rows": [{}]}',
        b'{"batch": "b", "rows": [{"status": "x"}]}',
        b'{"batch": "\xff"}',
    ],
)
def test_a_broken_batch_is_refused_whole(edge, body):
    answer = post(edge, "invocations", body)
    assert answer.status_code == 400 and answer.json()["error"]
    assert not Invocation.objects.exists()


def test_a_gzip_bomb_is_not_unpacked(edge, monkeypatch):
    monkeypatch.setattr(batch_body, "LARGEST", 1000)
    bomb = gzip.compress(b" " * 100_000)
    answer = post(edge, "invocations", bomb, **{"content-encoding": "gzip"})
    assert answer.status_code == 400 and "larger than" in answer.json()["error"]


def socket(token):
    headers = [(b"authorization", f"Bearer {token}".encode())]
    scope = {"type": "websocket", "path": "/edge/v1/live", "headers": headers, "subprotocols": []}
    return ApplicationCommunicator(application, scope | {"query_string": b""})


async def heard(talk, timeout=2):
    message = await talk.receive_output(timeout)
    return json.loads(message["text"])


@pytest.mark.django_db(transaction=True)
async def test_the_socket_tells_the_revision_at_once_and_when_it_changes():
    talk = socket(await sync_to_async(register_edge)("e1"))
    await talk.send_input({"type": "websocket.connect"})
    assert (await talk.receive_output())["type"] == "websocket.accept"
    assert await heard(talk) == {"revision": 0, "watch": []}
    worker = await sync_to_async(make_worker)()
    await sync_to_async(make_deployment)(worker)
    assert await heard(talk, timeout=0.5) == {"revision": 1, "watch": []}
    await talk.send_input({"type": "websocket.disconnect", "code": 1000})
    await talk.wait()


@pytest.mark.django_db(transaction=True)
async def test_the_socket_closes_on_a_wrong_token():
    talk = socket("wrong")
    await talk.send_input({"type": "websocket.connect"})
    assert (await talk.receive_output())["type"] == "websocket.close"


def test_an_edge_is_told_whole_whose_address_it_is(edge):
    version = make_worker("shop").versions.get()
    answer = edge.get(f"/edge/v1/previews/{version.short_id}-shop")
    found = snapshot.preview_from_json(answer.content)
    assert (found.worker, found.version.id) == ("shop", str(version.id))
    assert found.version.modules[0].sha256 == hashlib.sha256(CODE).hexdigest()
    assert answer["Cache-Control"] == "no-store"


def test_an_address_that_is_none_is_answered_with_the_reason(edge):
    make_worker("shop")
    answer = edge.get("/edge/v1/previews/00000000-shop")
    assert answer.status_code == 404
    assert answer.json()["error"].startswith("No version of shop has an id that begins with")


def test_a_version_whose_secrets_cannot_be_opened_has_no_preview(edge, settings, capsys):
    """Its name says nothing of them; the start of the system does."""
    secret = BindingSpec(name="KEY", type="secret_text", secret=Secret("s3cret"))
    version = make_version("shop", make_draft(bindings=[secret]))
    make_deployment(version.worker)
    path = f"/edge/v1/previews/{str(version.id)[:8]}-shop"
    assert edge.get(path).status_code == 200
    settings.SECRET_KEY = "another key than the one that sealed it"
    refused = edge.get(path)
    assert refused.status_code == 404 and "KEY" not in refused.json()["error"]
    assert edge.get("/edge/v1/snapshot?since=0").status_code == 200
    console.withheld(withheld_workers())
    said = capsys.readouterr().out
    assert "The Worker shop is not published" in said and "SLUICE_SECRET_KEY" in said
