"""KV over the API, against the real state process."""

from __future__ import annotations

import json
import time

import pytest

from routing.models import AuditEntry, StateBinding, StateNamespace
from tests.dashboard.api.conftest import METADATA, Api

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
KV = "/storage/kv/namespaces"


@pytest.fixture
def api(olga):
    """An admin's token."""
    return Api(olga, ["read", "deploy", "admin"])


@pytest.fixture
def reader(olga):
    """The same person's token that may only read."""
    return Api(olga, ["read"])


def values(namespace, key):
    return f"{KV}/{namespace.key}/values/{key}"


def get(api, namespace, key):
    return api("GET", values(namespace, key)).response


def test_namespaces_are_created_renamed_and_deleted_and_audited(api):
    made = api("POST", KV, {"title": "CART"}).result
    assert set(made) == {"id", "title", "supports_url_encoding"} and len(made["id"]) == 32
    assert api("POST", KV, {"title": "CART"}).refusal == (400, 10014)
    assert api("POST", KV, {"title": " "}).status == 400
    assert api("PUT", f"{KV}/{made['id']}", {"title": "BASKET"}).result["title"] == "BASKET"
    listed = api("GET", f"{KV}?order=title&direction=asc&page=1&per_page=100")
    assert [n["title"] for n in listed.result] == ["BASKET"]
    assert listed.envelope["result_info"]["total_count"] == 1
    assert api("GET", f"{KV}?page=2&per_page=100").result == []
    assert api("DELETE", f"{KV}/{made['id']}").result is None
    assert api("GET", f"{KV}/{made['id']}").refusal == (404, 10013)
    actions = AuditEntry.objects.order_by("id").values_list("action", flat=True)
    assert list(actions) == ["kv.create", "kv.rename", "kv.delete"]


@pytest.mark.parametrize("key", ["a", "a%2Fb", "%2Fa%3Fb%23c", "a%20%25", "%C3%A9%F0%9F%8E%88"])
def test_a_key_may_have_any_characters(api, sessions, key):
    assert api("PUT", values(sessions, key), b"\0\xff", content_type="text/plain").status == 200
    assert get(api, sessions, key).content == b"\0\xff"
    assert api("DELETE", values(sessions, key)).status == 200
    missing = api("GET", values(sessions, key))
    assert missing.refusal == (404, 10009)


def test_metadata_and_expiration(api, sessions):
    boundary = "xyz"
    body = "".join(
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in (("value", "v"), ("metadata", '{"a": "é"}'))
    )
    sent = api(
        "PUT",
        values(sessions, "k") + "?expiration_ttl=100",
        f"{body}--{boundary}--\r\n".encode(),
        content_type=f"multipart/form-data; boundary={boundary}",
    )
    assert sent.status == 200, sent.envelope
    assert api("GET", f"{KV}/{sessions.key}/metadata/k").result == {"a": "é"}
    [key] = api("GET", f"{KV}/{sessions.key}/keys").result
    assert key["metadata"] == {"a": "é"} and 0 < key["expiration"] - time.time() <= 101
    assert get(api, sessions, "k").headers["Expiration"]
    short = api("PUT", values(sessions, "k") + "?expiration_ttl=59", b"v")
    assert short.status == 400 and "60" in short.message


def test_bulk_operations_and_pages_of_keys(api, sessions):
    pairs = [{"key": f"k{n:03}", "value": str(n)} for n in range(25)]
    pairs.append({"key": "b64", "value": "AP8=", "base64": True, "metadata": [1]})
    pairs.append({"key": "x" * 513, "value": "too long"})
    done = api("PUT", f"{KV}/{sessions.key}/bulk", pairs).result
    assert done == {"successful_key_count": 26, "unsuccessful_keys": ["x" * 513]}
    assert get(api, sessions, "b64").content == b"\0\xff"
    first = api("GET", f"{KV}/{sessions.key}/keys?prefix=k&limit=20")
    info = first.envelope["result_info"]
    assert info["count"] == 20 and info["cursor"]
    rest = api("GET", f"{KV}/{sessions.key}/keys?prefix=k&limit=20&cursor={info['cursor']}")
    names = [k["name"] for k in first.result + rest.result]
    assert names == [f"k{n:03}" for n in range(25)]
    assert rest.envelope["result_info"] == {"count": 5, "cursor": ""}
    many = api("POST", f"{KV}/{sessions.key}/bulk/get", {"keys": ["k001", "gone"]}).result
    assert many == {"values": {"k001": "1", "gone": None}}
    assert api("DELETE", f"{KV}/{sessions.key}/bulk", ["k001", "k002"]).result
    assert api("POST", f"{KV}/{sessions.key}/bulk/delete", ["k003"]).result
    assert len(api("GET", f"{KV}/{sessions.key}/keys?prefix=k").result) == 22


def test_limits_are_cloudflares(api, sessions):
    most = 25 * 1024 * 1024
    assert api("PUT", values(sessions, "big"), b"x" * most).status == 200
    assert len(get(api, sessions, "big").content) == most
    assert api("PUT", values(sessions, "big"), b"x" * (most + 1)).status == 413
    assert api("PUT", values(sessions, "k" * 513), b"").status == 414
    long = {"key": "k", "value": "v", "metadata": "m" * 1023}
    assert "1024" in api("PUT", f"{KV}/{sessions.key}/bulk", [long]).message


def test_names_can_be_read_with_the_scope_read_but_values_cannot(api, reader, sessions):
    api("PUT", values(sessions, "k"), b"secret")
    assert reader("GET", f"{KV}/{sessions.key}/keys").result == [{"name": "k"}]
    for method, path in (("GET", values(sessions, "k")), ("PUT", values(sessions, "k"))):
        assert reader(method, path).refusal == (403, 9109)
    assert reader("DELETE", f"{KV}/{sessions.key}").refusal == (403, 9109)


def test_the_audit_trail_has_keys_but_no_values(api, sessions):
    api("PUT", values(sessions, "user:1"), b"hunter2")
    entry = AuditEntry.objects.latest("id")
    assert (entry.action, entry.subject) == ("kv.put", "SESSIONS")
    assert entry.after == {"id": sessions.key, "key": "user:1", "bytes": 7}
    assert "hunter2" not in json.dumps(list(AuditEntry.objects.values()), default=str)


def test_a_deleted_namespace_cannot_be_reached_any_more(api, sessions):
    api("PUT", values(sessions, "k"), b"v")
    key = sessions.key
    api("DELETE", f"{KV}/{key}")
    StateNamespace.objects.create(kind="kv", key=key, title="again", created_at=sessions.created_at)
    assert api("GET", f"{KV}/{key}/keys").status == 404


# httpcore leaves the socket of a refused connection to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_without_the_state_process_the_answer_says_so(api, sessions, settings):
    settings.STATE_URL = "unix:/nowhere/state.sock"
    answer = api("GET", f"{KV}/{sessions.key}/keys")
    assert answer.refusal == (503, 10001) and "sluice state" in answer.message
    assert api("DELETE", f"{KV}/{sessions.key}").status == 503
    assert StateNamespace.objects.filter(key=sessions.key).exists()
    assert not AuditEntry.objects.filter(action="kv.delete").exists()


def test_a_binding_needs_a_namespace_that_exists(api, sessions):
    binding = {"name": "DATA", "type": "kv_namespace", "namespace_id": "0" * 32}
    refused = api.put(metadata=METADATA | {"bindings": [binding]})
    assert refused.refusal == (400, 10041)
    assert api("GET", "/workers/services/shop").status == 404
    binding["namespace_id"] = sessions.key
    assert api.put(metadata=METADATA | {"bindings": [binding]}).status == 200
    [version] = api("GET", "/workers/scripts/shop/versions").result["items"]
    shown = api("GET", f"/workers/scripts/shop/versions/{version['id']}").result
    assert shown["resources"]["bindings"] == [binding]
    row = StateBinding.objects.get()
    assert (row.kind, row.reference, row.name) == ("kv", sessions.key, "DATA")
