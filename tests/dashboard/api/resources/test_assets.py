"""Static assets over the API, as wrangler uploads them."""

import hashlib
import json
from base64 import b64encode

import pytest
from django.db import IntegrityError, transaction

from routing.control import edge_documents
from routing.models import Version, Worker
from tests.dashboard.api.conftest import BOUNDARY, METADATA, part
from tests.factories import make_edge

A, B = "a" * 32, "b" * 32
MANIFEST = {"/index.html": {"hash": A, "size": 3}, "/app.js": {"hash": B, "size": 5}}
SESSION = "/workers/scripts/site/assets-upload-session"
UPLOAD = "/workers/assets/upload?base64=true"


def send_parts(api, method, path, *parts, **extra):
    pieces = b"".join(b"--%s\r\n%s\r\n" % (BOUNDARY.encode(), piece) for piece in parts)
    body = pieces + b"--%s--\r\n" % BOUNDARY.encode()
    kind = f"multipart/form-data; boundary={BOUNDARY}"
    return api(method, path, body, content_type=kind, **extra)


def send_files(api, token, files, path=UPLOAD):
    parts = [part(name, b64encode(content), "text/html") for name, content in files.items()]
    return send_parts(api, "POST", path, *parts, headers={"Authorization": f"Bearer {token}"})


@pytest.fixture
def token(api):
    """The token of a finished upload."""
    session = api("POST", SESSION, {"manifest": MANIFEST}).result
    return send_files(api, session["jwt"], {A: b"one", B: b"app()"}).result["jwt"]


def test_the_last_file_gives_the_token_for_the_version(api):
    session = api("POST", SESSION, {"manifest": MANIFEST}).result
    assert [sorted(bucket) for bucket in session["buckets"]] == [[A, B]]
    first = send_files(api, session["jwt"], {A: b"one"})
    assert (first.status, first.result) == (202, {"jwt": None})
    last = send_files(api, session["jwt"], {B: b"app()"})
    assert last.status == 201 and last.result["jwt"].count(".") == 2


def test_a_version_of_files_alone(api, token):
    assets = {"jwt": token, "config": {"html_handling": "none"}}
    metadata = json.dumps({"assets": assets, "compatibility_date": "2026-08-01"}).encode()
    alone = part("metadata", metadata, "application/json", filename=None)
    answer = send_parts(api, "PUT", "/workers/scripts/site", alone)
    assert answer.result["has_assets"] is True and answer.result["has_modules"] is False
    version = Version.objects.get()
    assert version.assets["files"] == 2 and version.assets["config"] == {"html_handling": "none"}


def test_copies_keep_the_assets(api, token):
    binding = {"bindings": [{"name": "ASSETS", "type": "assets"}]}
    secret = {"name": "S", "text": "x", "type": "secret_text"}
    answers = [
        api.put("site", METADATA | binding | {"assets": {"jwt": token}}),
        api("PUT", "/workers/scripts/site/secrets", secret),
        api.post("site", METADATA | binding | {"keep_assets": True}),
        api.post("site", METADATA),
    ]
    assert [answer.status for answer in answers] == [200] * 4
    kept = [bool(v.assets) for v in Version.objects.order_by("number")]
    assert kept == [True, True, True, False]


@pytest.mark.parametrize(
    ("assets", "message"),
    [
        ({"jwt": "a.b.c"}, "invalid or has expired"),
        ({"jwt": "TOKEN", "config": {"html_handling": "x"}}, "html_handling"),
    ],
)
def test_wrong_assets_are_refused(api, token, assets, message):
    given = {k: token if v == "TOKEN" else v for k, v in assets.items()}
    answer = api.put("site", METADATA | {"assets": given})
    assert answer.refusal == (400, 10026) and message in answer.message
    assert not Version.objects.exists()


def test_a_binding_needs_assets(api):
    answer = api.put("site", METADATA | {"bindings": [{"name": "ASSETS", "type": "assets"}]})
    assert answer.status == 400 and "static assets" in answer.message


def test_a_manifest_is_checked(api):
    answer = api("POST", SESSION, {"manifest": {"/../a": {"hash": A, "size": 1}}})
    assert answer.refusal == (400, 10304)


@pytest.mark.parametrize("secret", ["", "a.b.c", "API"])
def test_files_need_the_token_of_the_session(api, secret):
    given = api.secret if secret == "API" else secret
    assert send_files(api, given, {A: b"one"}).status in (400, 403)


def test_one_file_can_be_sent_as_it_is(api):
    session = api("POST", SESSION, {"manifest": {"/app.js": MANIFEST["/app.js"]}}).result["jwt"]
    answer = api(
        "POST",
        f"/workers/assets/upload/{B}",
        b"app()",
        content_type="text/javascript",
        headers={"Authorization": f"Bearer {session}"},
    )
    assert answer.status == 201 and answer.result["jwt"]


def test_files_are_base64_and_in_the_manifest(api):
    session = api("POST", SESSION, {"manifest": MANIFEST}).result["jwt"]
    assert send_files(api, session, {A: b"one"}, "/workers/assets/upload").status == 400
    for files in ({A: b"four"}, {"c" * 32: b"c"}):
        assert send_files(api, session, files).refusal == (400, 10026)


def test_an_edge_gets_the_assets_of_its_group(api, token):
    api.put("site", METADATA | {"assets": {"jwt": token}})
    here, elsewhere = make_edge("here"), make_edge("elsewhere", group="other")
    Worker.objects.update(group_names=" default ")
    version = Version.objects.get()
    for sha256 in (version.asset_set, hashlib.sha256(b"app()").hexdigest()):
        assert edge_documents.asset_for(here, sha256)
        assert edge_documents.asset_for(elsewhere, sha256) is None
        assert sha256 in edge_documents.assets_for(here, [sha256, "0" * 64])
        assert edge_documents.assets_for(elsewhere, [sha256]) == {}
    assert edge_documents.asset_for(here, "0" * 64) is None


def test_a_version_with_assets_is_still_written_once(api, token):
    api.put("site", METADATA | {"assets": {"jwt": token}})
    with pytest.raises(IntegrityError), transaction.atomic():
        Version.objects.update(number=7)
