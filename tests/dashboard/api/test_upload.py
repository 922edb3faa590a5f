"""PUT (deploys) and POST (uploads only): what is accepted, what is refused, what is left behind."""

import json

import pytest

from dashboard.api.acts import upload
from routing.agent.inspection.inspection import Refused
from routing.control.upload import upload_version
from routing.models import Deployment, Version
from tests.dashboard.api.conftest import BOUNDARY, METADATA, Api, form, part
from tests.dashboard.api.uploads import SECRET, rows, with_bindings

HOURLY = {"limit": 1, "period": 3600}
LIMIT = {"name": "L", "type": "ratelimit", "namespace_id": "1001"}


def test_put_makes_the_worker_and_deploys_it_at_100(api: Api):
    result = api.put().result
    version = Version.objects.get()
    assert result["deployment_id"] == str(version.id)
    assert result["tag"] == version.worker.tag and result["startup_time_ms"] == 3
    live = api("GET", "/workers/scripts/shop/deployments").result["deployments"]
    assert live[0]["versions"] == [{"version_id": str(version.id), "percentage": 100}]
    assert live[0]["annotations"]["workers/triggered_by"] == "upload"


def test_post_uploads_and_deploys_nothing(api: Api):
    api.put()
    annotations = {"workers/tag": "v2", "workers/message": "m", "workers/triggered_by": "mine"}
    result = api.post(metadata=METADATA | {"annotations": annotations}).result
    assert result["number"] == 2 and result["startup_time_ms"] == 3
    assert result["annotations"] == {
        "workers/tag": "v2",
        "workers/message": "m",
        "workers/triggered_by": "version_upload",
    }
    assert result["metadata"]["has_preview"] is True
    assert Deployment.objects.count() == 1


def test_a_first_version_needs_put(api: Api):
    assert api.post().refusal == (404, 10007)
    assert rows() == (0,) * 5


def test_modules_are_named_by_file_name_or_else_by_part_name(api: Api):
    result = api.put(
        "shop",
        METADATA | {"main_module": "src/index.js"},
        part("files", filename="src/index.js"),
        part("files", b"hi", "text/plain", filename="./a%22b ü.txt"),
        part("lone.txt", b"x", "text/plain", filename=None),
    )
    assert result.status == 200
    names = Version.objects.get().modules.values_list("name", flat=True)
    assert list(names) == ["src/index.js", './a"b ü.txt', "lone.txt"]


@pytest.mark.parametrize("filename", ["metadata.json", "blob"])
def test_metadata_may_be_sent_as_a_file(api: Api, filename: str):
    """`curl -F 'metadata=@metadata.json;type=application/json'`, and Cloudflare's newer SDKs."""
    metadata = part("metadata", json.dumps(METADATA).encode(), "application/json", filename)
    body = form(b"").split(b"\r\n", 4)[-1]  # all but the first part
    head, module = b"--" + BOUNDARY.encode() + b"\r\n", body
    kind = f"multipart/form-data; boundary={BOUNDARY}"
    sent = head + metadata + b"\r\n" + module
    assert api("PUT", "/workers/scripts/shop", sent, content_type=kind).status == 200
    assert Version.objects.get().modules.get().name == "index.js"


def test_a_module_may_be_called_metadata(api: Api):
    metadata = METADATA | {"main_module": "metadata"}
    assert api.put("shop", metadata, part("metadata")).status == 200
    assert Version.objects.get().modules.get().name == "metadata"


def test_a_service_worker_names_its_script_as_body_part(api: Api):
    metadata = {"body_part": "index.js", "compatibility_date": "2026-08-01", "bindings": []}
    parts = [part("index.js", kind="application/javascript")]
    assert api.put("shop", metadata, *parts).result["entry_point"] == "index.js"
    assert api.put("shop").result["has_modules"] is True


def test_annotations_of_a_pull_request_are_kept(api: Api):
    notes = {"workers/pull_request_number": 7, "workers/commit_sha": "abc", "mine": "dropped"}
    api.put(metadata=METADATA | {"annotations": notes})
    kept = {"workers/pull_request_number": "7", "workers/commit_sha": "abc"}
    assert Version.objects.get().annotations == kept


def test_metadata_may_come_last_and_say_more_than_we_know(api: Api):
    raw = json.dumps(METADATA | {"package_dependencies": [], "unsafe_thing": 1}).encode()
    body = form(b"", part("index.js"), b'X: y\r\nContent-Disposition: form-data; name="q"\r\n\r\n')
    head = b'Content-Disposition: form-data; name="metadata"\r\n\r\n'
    first = body.index(head)
    rest = body[first + len(head) + 2 :]
    boundary = body[: body.index(b"\r\n")]
    last = boundary + b"\r\n" + head + raw + b"\r\n" + boundary + b"--\r\n"
    moved = rest.removesuffix(boundary + b"--\r\n") + last
    kind = f"multipart/form-data; boundary={boundary.decode()[2:]}"
    assert api("PUT", "/workers/scripts/shop", moved, content_type=kind).status == 200


BAD_METADATA = {
    "not json": (b"{", 10026),
    "a list": (b"[]", 10026),
    "no main module": ({"bindings": []}, 10026),
    "both kinds of main": (METADATA | {"body_part": "index.js"}, 10026),
    "a main module that is not there": (METADATA | {"main_module": "nope.js"}, 10021),
    "a wrong date": (METADATA | {"compatibility_date": "yesterday"}, 10026),
    "flags that are no list": (METADATA | {"compatibility_flags": "nodejs_compat"}, 10026),
    "a long tag": (METADATA | {"annotations": {"workers/tag": "ü" * 51}}, 10026),
    "a bad alias": (METADATA | {"annotations": {"workers/alias": "-Up"}}, 10026),
    "assets": (METADATA | {"assets": {"jwt": "x"}}, 10026),
    "migrations": (METADATA | {"migrations": {"old_tag": "v1", "new_tag": "v2"}}, 10079),
    "tail consumers": (METADATA | {"tail_consumers": [{"service": "x"}]}, 10143),
    "streaming": (METADATA | {"streaming_tail_consumers": [{"service": "x"}]}, 90001),
    "kv": (with_bindings({"name": "KV", "type": "kv_namespace", "namespace_id": "0"}), 10041),
    "a rate limit without a namespace": (
        with_bindings({"name": "L", "type": "ratelimit", "simple": {"limit": 1, "period": 10}}),
        10026,
    ),
    "a rate limit by the hour": (with_bindings({**LIMIT, "simple": HOURLY}), 10026),
    "a rate limit without a limit": (with_bindings({**LIMIT, "simple": {"period": 10}}), 10026),
    "vectorize": (with_bindings({"name": "V", "type": "vectorize", "index_name": "0"}), 90001),
    "an object without a migration": (
        with_bindings({"name": "D", "type": "durable_object_namespace", "class_name": "C"}),
        10061,
    ),
    "the assets binding": (with_bindings({"name": "ASSETS", "type": "assets"}), 90001),
    "props": (
        with_bindings({"name": "S", "type": "service", "service": "shop", "props": [1]}),
        10026,
    ),
    "another environment": (
        with_bindings({"name": "S", "type": "service", "service": "shop", "environment": "dev"}),
        90001,
    ),
    "a missing service": (with_bindings({"name": "S", "type": "service", "service": "no"}), 10143),
    "no name": (with_bindings({"type": "plain_text", "text": "x"}), 10052),
    "no type": (with_bindings({"name": "A"}), 10026),
    "no text": (with_bindings({"name": "A", "type": "plain_text"}), 10026),
    "text that is none": (with_bindings({"name": "A", "type": "secret_text", "text": 5}), 10026),
    "no json": (with_bindings({"name": "A", "type": "json"}), 10026),
    "a name twice": (with_bindings(SECRET, SECRET), 10026),
    "a huge variable": (
        with_bindings({"name": "A", "type": "plain_text", "text": "x" * 5121}),
        10054,
    ),
    "many variables": (
        with_bindings(*({"name": f"A{i}", "type": "plain_text", "text": ""} for i in range(129))),
        10055,
    ),
    "inherit from nothing": (with_bindings({"name": "A", "type": "inherit"}), 10057),
    "inherit by another name": (
        with_bindings({"name": "A", "type": "inherit", "old_name": "B"}),
        90001,
    ),
}


@pytest.mark.parametrize("case", BAD_METADATA)
def test_bad_metadata_is_refused_and_nothing_is_saved(api: Api, case: str):
    metadata, code = BAD_METADATA[case]
    answer = api.put(metadata=metadata, query="?bindings_inherit=strict")
    assert answer.refusal[1] == code, answer.message
    assert answer.status < 500 and rows() == (0,) * 5


def test_an_unsupported_binding_is_named_with_what_is_supported(api: Api):
    message = api.put(metadata=BAD_METADATA["vectorize"][0]).message
    assert '"V": Vectorize is not supported here' in message
    message = api.put(metadata=with_bindings({"name": "N", "type": "new_thing"})).message
    assert '"N" has type "new_thing"' in message
    assert "Supported: " in message and "version_metadata" in message


BAD_BODIES = {
    "no multipart": (b"{}", "application/json"),
    "no boundary": (form(METADATA), "multipart/form-data"),
    "cut short": (form(METADATA)[:-20], f"multipart/form-data; boundary={form('')[2:34].decode()}"),
    "empty": (b"", "multipart/form-data; boundary=x"),
    "no metadata": (
        b'--x\r\nContent-Disposition: form-data; name="a"; filename="a"\r\n\r\nb\r\n--x--\r\n',
        "multipart/form-data; boundary=x",
    ),
    "a header without end": (
        b"--x\r\nContent-Disposition: " + b"a" * 9000 + b"\r\n\r\nb\r\n--x--\r\n",
        "multipart/form-data; boundary=x",
    ),
}


@pytest.mark.parametrize("case", BAD_BODIES)
def test_a_body_that_is_no_upload_is_refused_and_nothing_is_saved(api: Api, case: str):
    body, kind = BAD_BODIES[case]
    assert api("PUT", "/workers/scripts/shop", body, content_type=kind).refusal == (400, 10026)
    assert rows() == (0,) * 5


@pytest.mark.parametrize("names", [("a", "a"), ("a" * 1025,), ("a\tb",), ("a%0Ab",)])
def test_module_names_that_no_version_can_hold_are_refused(api: Api, names):
    parts = [part("index.js"), *(part(name) for name in names)]
    assert api.put("shop", METADATA, *parts).refusal == (400, 10026)
    assert rows() == (0,) * 5


@pytest.mark.parametrize("name", ["Shop", "-shop", "shop-", "a" * 64, "ü", "a b"])
def test_a_bad_worker_name_is_refused(api: Api, name: str):
    assert api.put(name).refusal == (400, 10016)
    assert rows() == (0,) * 5


@pytest.mark.parametrize(
    ("kind", "code"),
    [("startup", 10021), ("no_handlers", 10068), ("binding", 90001), ("module", 10021)],
)
def test_what_the_runtime_refuses_is_told_in_its_words(api: Api, monkeypatch, kind, code):
    def refuses(*_, **__):
        raise Refused(kind, "Uncaught SyntaxError: Unexpected token\n  at index.js:1:7")

    monkeypatch.setitem(upload_version.__kwdefaults__, "inspect", refuses)
    answer = api.put()
    assert answer.refusal == (400, code)
    assert "at index.js:1:7" in answer.message
    assert rows() == (0,) * 5


def test_settings_that_are_not_versioned_travel_with_the_upload(api: Api):
    api.put(metadata=METADATA | {"logpush": True, "observability": {"enabled": True}})
    shown = api("GET", "/workers/scripts/shop/script-settings").result
    assert shown["logpush"] is True and shown["observability"] == {"enabled": True}


def test_a_long_message_is_cut_at_1000_bytes_between_characters(api: Api):
    metadata = METADATA | {"annotations": {"workers/message": "x" + "ü" * 600}}
    result = api.put(metadata=metadata)
    assert result.status == 200
    assert Version.objects.get().message == "x" + "ü" * 499


def test_a_put_on_a_condition_that_no_longer_holds_changes_nothing(api: Api):
    api.put()
    before = rows()
    stale = {"Sluice-Expected-Deployment": "none"}
    assert api.put(headers=stale).refusal == (409, 10035)
    assert rows() == before


def test_an_upload_says_which_compatibility_date_it_runs_with(api: Api, monkeypatch):
    monkeypatch.setattr(upload, "newest_date", lambda: "2026-08-10")
    assert api.put().envelope["messages"] == []
    newer = METADATA | {"compatibility_date": "2026-08-12"}
    for answer in (api.put(metadata=newer), api.post(metadata=newer)):
        remark = answer.envelope["messages"][0]
        assert remark["code"] == 90004 and "2026-08-10" in remark["message"]
    version = Version.objects.order_by("-number").first()
    shown = api("GET", f"/workers/scripts/shop/versions/{version.id}").result
    assert shown["resources"]["script_runtime"]["compatibility_date"] == "2026-08-12"


def test_a_compatibility_date_in_the_future_is_refused(api: Api):
    refused = api.put(metadata=METADATA | {"compatibility_date": "2999-01-01"})
    assert refused.refusal == (400, 10021) and "in the future" in refused.message
    assert rows() == (0,) * 5
