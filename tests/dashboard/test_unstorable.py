"""Text that no database stores is refused at one door, and answered: never a 500.

SQLite takes a NUL, so status codes are asserted: on PostgreSQL each of these was a 500.
"""

import json

import pytest
from django.test import Client

from dashboard.accounts.models import Role
from dashboard.accounts.tokens import create_token
from dashboard.edges.protocol.registration import register_edge
from dashboard.ui.http.storable_text import storable, unstorable
from routing.models import Edge, Invocation, InvocationDetail
from tests.dashboard.api.conftest import Api, form, part
from tests.factories import make_deployment, make_user, make_worker

pytestmark = pytest.mark.django_db


@pytest.fixture
def root():
    make_deployment(make_worker("shop", versions=2))
    client = Client()
    client.force_login(make_user("root", Role.ADMIN))
    return client


ADDRESSES = [
    "/workers/?q=a%00b",
    "/workers/?q=ok&state=%00",
    "/workers/a%00b/",
    "/workers/a%00b/observability/",
    "/workers/shop/versions/?q=%00",
    "/workers/shop/deployments/?q=%00",
    "/workers/a%00b/log/",
    "/palette/?q=a%00b",
    "/activity/?q=%00",
    "/activity/?about=%00",
    "/invocations/?q=%00",
    "/invocations/a%00b/",
    "/playground/?worker=%00",
    "/playground/?worker=shop&path=%00",
]


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_address_with_a_nul_is_refused_with_the_reason(root, address):
    answer = root.get(address)
    assert answer.status_code == 400 and b"NUL character" in answer.content


FORMS = [
    ("/people/invite/", "username"),
    ("/people/tokens/", "name"),
    ("/workers/shop/split/", "message"),
    ("/workers/shop/rollback/", "message"),
    ("/workers/new/", "name"),
    ("/exports/", "name"),
    ("/playground/", "worker"),
    ("/accounts/login/", "username"),
    ("/accounts/login/", "next"),
]


@pytest.mark.parametrize(("address", "field"), FORMS)
def test_a_form_with_a_nul_is_refused_before_a_view_sees_it(root, address, field):
    answer = root.post(address, {field: "a\0b"})
    assert answer.status_code == 400 and b"NUL character" in answer.content


def test_the_api_refuses_query_strings_in_its_envelope(root):
    api = Api(make_user("alice", Role.ADMIN), ["read", "deploy", "admin"])
    answer = api("GET", "/workers/scripts/shop/content/v2?version=%00")
    assert answer.refusal == (400, 10026) and "NUL" in answer.message
    assert api("GET", "/workers/scripts/a%00b").refusal == (404, 10007)


def test_the_api_refuses_bodies(root):
    api = Api(make_user("alice", Role.ADMIN), ["read", "deploy", "admin"])
    metadata = json.dumps({"main_module": "index.js", "annotations": {"workers/tag": "\0"}})
    assert api.put("shop", metadata.encode()).refusal == (400, 10026)
    kinds = form({"main_module": "index.js"}, part("index.js", kind="text/javascript\0"))
    boundary = kinds.split(b"\r\n")[0][2:].decode()
    answer = api(
        "PUT",
        "/workers/scripts/shop",
        kinds,
        content_type=f"multipart/form-data; boundary={boundary}",
    )
    assert answer.status == 400 and answer.envelope["errors"]


def test_what_an_edge_reports_is_repaired_instead():
    client = Client(headers={"authorization": f"Bearer {register_edge('e1')}"})
    row = {"request_id": "r\0", "hop": "external", "worker": "shop", "method": "GET"}
    row |= {"path": "/\0", "status": 200, "started_on": 1_795_380_000.25}
    detail = {"id": "d\0", "worker": "shop", "version_id": "v", "outcome": "ok"}
    detail |= {"started_on": 1_795_380_000.25, "wall_ms": 1, "path": "/\0"}
    version = {"dc8dcd28-271b-4367-9840-6c244f84cb40": {"state": "failed", "message": "no\0"}}
    for path, body in [
        ("invocations", {"batch": "b", "rows": [row]}),
        ("details", {"batch": "b", "rows": [detail]}),
        ("reports", {"revision": 0, "versions": version}),
    ]:
        answer = client.post(f"/edge/v1/{path}", json.dumps(body), content_type="application/json")
        assert answer.status_code == 204, path
    assert Invocation.objects.get().path == "/\ufffd"
    assert InvocationDetail.objects.get().detail_id == "d\ufffd"
    assert not unstorable(Edge.objects.get().status)
    assert client.get("/edge/v1/previews/a%00b").status_code == 400


@pytest.mark.parametrize("next_page", ["foo", "workers:list", "javascript:alert(1)", "//evil.test"])
def test_signing_in_leads_only_to_pages_of_ours(root, next_page):
    answer = root.get("/accounts/login/", {"next": next_page})
    assert (answer.status_code, answer["Location"]) == (302, "/workers/")
    assert root.get("/accounts/login/", {"next": "/edges/"})["Location"] == "/edges/"


def test_every_kind_of_value_is_looked_through():
    bad = {"a": [1, {"b\0": None}], "c": ("\ud800x", True)}
    assert unstorable(bad) and not unstorable(storable(bad))
    assert storable({"k": ["ü🚀", 1.5, None]}) == {"k": ["ü🚀", 1.5, None]}


def test_a_token_with_a_nul_is_no_token():
    create_token(user=make_user("alice", Role.ADMIN), name="t", scopes=["read"])
    answer = Client().get("/client/v4/user", headers={"authorization": "Bearer a\0b"})
    assert answer.status_code == 403
