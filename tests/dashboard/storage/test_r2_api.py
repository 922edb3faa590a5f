"""R2 over the API, with a real state process."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

import pytest

from dashboard.storage.r2 import objects
from routing.models import AuditEntry, StateNamespace, Version
from tests.dashboard.api.conftest import METADATA

BUCKETS, OBJECTS = "/r2/buckets", "/r2/buckets/photos/objects"

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@pytest.fixture
def bucket(api):
    yield api("POST", BUCKETS, {"name": "photos"}).result
    page = objects.list_objects("photos")
    objects.delete("photos", [found.key for found in page.objects])


def put(api, key, content, **headers):
    path = f"{OBJECTS}/{quote(key)}"
    return api("PUT", path, content, content_type=headers.pop("kind", "text/plain"), **headers)


def test_buckets_as_wrangler_manages_them(api):
    assert api("GET", f"{BUCKETS}/photos").refusal == (404, 10006)
    made = api("POST", BUCKETS, {"name": "photos", "storageClass": "Standard"}).result
    assert made["name"] == "photos" and made["creation_date"].endswith("Z")
    assert api("POST", BUCKETS, {"name": "photos"}).refusal == (409, 10004)
    for name in ("ab", "-abc", "UPPER", "a/../b", "a.b", "x" * 64):
        assert api("POST", BUCKETS, {"name": name}).refusal == (400, 10005)
    api("POST", BUCKETS, {"name": "archive"})
    listed = [found["name"] for found in api("GET", BUCKETS).result["buckets"]]
    assert listed == ["archive", "photos"]
    assert api("GET", f"{BUCKETS}?start_after=archive").result["buckets"][0]["name"] == "photos"
    put(api, "a", b"1")
    assert api("DELETE", f"{BUCKETS}/photos").refusal == (409, 10008)
    api("DELETE", f"{OBJECTS}/a")
    assert api("DELETE", f"{BUCKETS}/photos").result == {}
    assert api("GET", f"{OBJECTS}/a").refusal == (404, 10006)
    assert not StateNamespace.objects.filter(key="photos").exists()
    # A bucket of the same name is a new one.
    api("POST", BUCKETS, {"name": "photos"})
    assert api("GET", OBJECTS).result == []


def test_an_object_comes_back_with_its_headers(api, bucket):
    stored = put(api, "docs/a b?.txt", b"hello", headers={"Cache-Control": "max-age=5"}).result
    assert (stored["key"], stored["size"]) == ("docs/a b?.txt", "5")
    path = f"{OBJECTS}/{quote('docs/a b?.txt')}"
    answer = api("GET", path).response
    assert b"".join(answer.streaming_content) == b"hello"
    assert (answer["Content-Type"], answer["Cache-Control"]) == ("text/plain", "max-age=5")
    assert answer["ETag"] == f'"{stored["etag"]}"'
    part = api("GET", path, headers={"Range": "bytes=1-2"}).response
    assert (part.status_code, b"".join(part.streaming_content)) == (206, b"el")
    assert part["Content-Range"] == "bytes 1-2/5"
    assert api("HEAD", path).response["Content-Length"] == "5"
    assert api("DELETE", path).result == {"key": "docs/a b?.txt"}
    assert api("GET", path).refusal == (404, 10007)
    assert api("DELETE", path).result  # as often as one likes


def test_a_large_object_is_streamed(api, bucket):
    content = bytes(range(256)) * 40_000
    put(api, "big.bin", content, kind="application/x-thing")
    answer = api("GET", f"{OBJECTS}/big.bin").response
    pieces = list(answer.streaming_content)
    assert b"".join(pieces) == content and max(map(len, pieces)) <= objects.PIECE


def test_lists_have_prefixes_delimiters_and_cursors(api, bucket):
    for key in ("a/1", "a/2", "b/1", "c"):
        put(api, key, b"x")
    answer = api("GET", f"{OBJECTS}?delimiter=/")
    assert [found["key"] for found in answer.result] == ["c"]
    assert answer.envelope["result_info"]["delimited"] == ["a/", "b/"]
    first = api("GET", f"{OBJECTS}?per_page=3")
    assert [found["key"] for found in first.result] == ["a/1", "a/2", "b/1"]
    assert first.result[0]["http_metadata"] == {"contentType": "text/plain"}
    info = first.envelope["result_info"]
    assert info["is_truncated"]
    rest = api("GET", f"{OBJECTS}?per_page=3&cursor={info['cursor']}")
    assert [found["key"] for found in rest.result] == ["c"]
    assert not rest.envelope["result_info"]["is_truncated"]
    assert [f["key"] for f in api("GET", f"{OBJECTS}?prefix=a/2").result] == ["a/2"]


KEYS = ("../../etc/passwd", "/etc/passwd", "..", "a/../../b", "%2e%2e/x", "k" * 1024)


def test_no_key_is_a_path(bucket):
    """Contents are in files with random names, whatever the key."""
    for key in KEYS:
        objects.put("photos", key, [key.encode()], len(key.encode()))
    assert {found.key for found in objects.list_objects("photos").objects} == set(KEYS)
    for key in KEYS:
        assert b"".join(objects.open_object("photos", key)[1]) == key.encode()
    with pytest.raises(objects.R2Refused) as refused:
        objects.put("photos", "k" * 1025, [b"x"], 1)
    assert (refused.value.status, refused.value.code) == (400, 10020)


def test_metadata_have_a_limit_and_a_refused_object_leaves_no_file(bucket, state_url):
    folder = Path(state_url.removeprefix("unix:")).parent
    before = set(folder.glob("r2/*/blobs/*"))
    with pytest.raises(objects.R2Refused) as refused:
        objects.put("photos", "a", [b"x"], 1, custom={"n": "v" * 8192})
    assert refused.value.code == 10012
    assert set(folder.glob("r2/*/blobs/*")) <= before


def test_a_version_names_a_bucket_that_exists(api, bucket):
    binding = {"name": "PHOTOS", "type": "r2_bucket", "bucket_name": "photos"}
    missing = {**binding, "bucket_name": "nowhere"}
    refused = api.put("shop", METADATA | {"bindings": [missing]})
    assert refused.refusal == (400, 10085) and "nowhere" in refused.message
    assert not Version.objects.exists()
    elsewhere = {**binding, "jurisdiction": "eu"}
    assert api.put("shop", METADATA | {"bindings": [elsewhere]}).refusal == (400, 90001)
    assert api.put("shop", METADATA | {"bindings": [binding]}).status == 200
    assert Version.objects.get().bindings == [binding]


def test_another_jurisdiction_is_refused(api):
    other = {"headers": {"cf-r2-jurisdiction": "eu"}}
    assert api("POST", BUCKETS, {"name": "photos"}, **other).refusal == (400, 10026)


def test_changes_are_audited_without_contents(api, bucket):
    put(api, "a", b"secret content")
    api("DELETE", f"{OBJECTS}/a")
    entries = AuditEntry.objects.filter(action__startswith="r2.").order_by("pk")
    assert [entry.action for entry in entries] == ["r2.create", "r2.put", "r2.remove"]
    assert "secret content" not in str([entry.after for entry in entries])


# httpcore leaves a socket that could not connect to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_without_the_state_process_the_answer_says_so(api, settings):
    settings.STATE_URL = "unix:/nonexistent/state.sock"
    assert api("POST", BUCKETS, {"name": "photos"}).refusal == (503, 10001)
    assert not StateNamespace.objects.exists()
