"""A real S3-compatible server on loopback: what is stored there, and what happens without it."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from datetime import timedelta

import httpx
import pytest
from django.utils import timezone

from dashboard.observability.ingest import source_maps
from dashboard.observability.ingest.source_maps import mapped, maps_of
from routing import object_storage
from routing.assets import retention
from routing.assets.manifest import Entry
from routing.assets.uploads import begin, finish, store, upload_by
from routing.control import staged_objects
from routing.models import AssetContent, Module, StagedObject
from routing.object_storage import ObjectMissing, StorageFailed
from tests.dashboard.observability.ingest.test_source_maps import STACK, version as bundled_version
from tests.eventually import eventually
from tests.factories import make_user, make_version, make_worker
from tests.running import PROJECT, free_port, prepared_database


@pytest.fixture(scope="module")
def server():
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}"
    assert eventually(lambda: answers(url), 30)
    assert httpx.put(f"{url}/bucket").status_code == 200
    yield url
    process.terminate()
    process.wait(10)


def answers(url):
    try:
        return httpx.get(f"{url}/moto-api/data.json").status_code == 200
    except httpx.HTTPError:
        return False


@pytest.fixture
def bucket(server, settings):
    settings.S3_URL = f"{server}/bucket/sluice"
    settings.S3_ACCESS_KEY, settings.S3_SECRET_KEY = "key", "secret"
    return settings.S3_URL


def test_an_object_comes_back_until_it_is_deleted(bucket):
    name, content = "modules/a b+ü", bytes(range(256)) * 4096
    object_storage.put(name, content)
    assert object_storage.get(name) == content
    object_storage.delete(name)
    object_storage.delete(name)
    with pytest.raises(ObjectMissing):
        object_storage.get(name)


def test_a_bucket_that_refuses_or_does_not_answer(bucket, settings):
    settings.S3_URL = bucket.replace("/bucket/", "/other/")
    with pytest.raises(StorageFailed):
        object_storage.put("modules/a", b"a")
    settings.S3_URL = f"http://127.0.0.1:{free_port()}/bucket"
    with pytest.raises(StorageFailed, match="does not answer"):
        object_storage.get("modules/a")


@pytest.mark.django_db
def test_modules_are_in_the_bucket_and_those_of_before_in_the_database(bucket, settings):
    settings.S3_URL = ""
    Module.store({"1" * 64: b"before"})
    settings.S3_URL = bucket
    contents = {"1" * 64: b"before", "2" * 64: b"after", "3" * 64: b""}
    Module.stage(contents, timezone.now())
    Module.store(contents)
    assert not StagedObject.objects.exists()
    rows = {row.sha256[0]: row for row in Module.objects.all()}
    assert {key: bytes(row.content) for key, row in rows.items()} == {
        "1": b"before",
        "2": b"",
        "3": b"",
    }
    assert {key: row.read() for key, row in rows.items()} == {
        "1": b"before",
        "2": b"after",
        "3": b"",
    }
    settings.S3_URL = f"http://127.0.0.1:{free_port()}/bucket"
    Module.stage({"2" * 64: b"after"}, timezone.now())  # nothing new, so nothing is sent
    with pytest.raises(StorageFailed):
        Module.stage({"4" * 64: b"new"}, timezone.now())


@pytest.mark.django_db
def test_an_object_whose_upload_failed_goes_after_a_day(bucket):
    began = timezone.now()
    contents = {"5" * 64: b"stored", "6" * 64: b"given up"}
    Module.stage(contents, began)
    Module.store({"5" * 64: b"stored"})
    StagedObject.objects.note([f"modules/{'5' * 64}"], began)  # as by an upload of the same content
    assert staged_objects.prune(began + timedelta(hours=23)) == 0
    assert staged_objects.prune(began + timedelta(hours=25)) == 1
    assert Module.objects.get(pk="5" * 64).read() == b"stored"
    with pytest.raises(ObjectMissing):
        object_storage.get(f"modules/{'6' * 64}")
    assert not StagedObject.objects.exists()


@pytest.mark.django_db
def test_static_assets_are_in_the_bucket_until_no_version_needs_them(bucket):
    now = timezone.now()
    content = b"body {}"
    digest = hashlib.sha256(content).hexdigest()
    begun = begin("shop", {"/a.css": Entry("a" * 32, len(content))}, now)
    token = store(upload_by(begun.token, now), {"a" * 32: content}, now)
    spec = finish(token, "shop", {}, now)
    rows = AssetContent.objects.in_bulk()
    assert [bytes(row.content) for row in rows.values()] == [b"", b""]
    assert rows[digest].read() == content and b"a.css" in rows[spec.manifest].read()
    assert not StagedObject.objects.exists()
    retention.prune(now + timedelta(days=2))
    assert not AssetContent.objects.exists()
    assert object_storage.get(f"assets/{digest}") == content
    assert staged_objects.prune(now + timedelta(days=4)) == 2
    with pytest.raises(ObjectMissing):
        object_storage.get(f"assets/{digest}")


@pytest.mark.django_db
def test_source_maps_are_read_from_the_bucket(bucket, settings):
    source_maps._cache.cache.clear()
    version_id = str(bundled_version().pk)
    settings.S3_URL = f"http://127.0.0.1:{free_port()}/bucket"
    assert mapped(STACK, maps_of([version_id])[version_id]) == STACK
    settings.S3_URL = bucket
    assert "a.ts:3:11" in mapped(STACK, maps_of([version_id])[version_id])


@pytest.mark.django_db
def test_a_page_shows_that_the_bucket_is_away(bucket, settings, client):
    version = make_version(make_worker())
    settings.S3_URL = f"http://127.0.0.1:{free_port()}/bucket"
    client.force_login(make_user("root"))
    client.raise_request_exception = False
    address = f"/workers/{version.worker.name}/versions/{version.id}/modules/0/"
    answer = client.get(address)
    assert answer.status_code == 503 and answer["Retry-After"]
    assert "SLUICE_S3_URL" in answer.content.decode()


def test_a_backup_goes_to_the_bucket_and_back(server, tmp_path):
    for name in ("old", "new"):
        (tmp_path / name).mkdir()
    shutil.copy(prepared_database() / "sluice.sqlite3", tmp_path / "old")
    file = tmp_path / "nightly.tar.gz"
    url = {"SLUICE_S3_URL": f"{server}/bucket/sluice"}
    done = sluice(tmp_path / "old", url, "backup", "--to-bucket", file)
    assert done.returncode == 0, done.stderr
    file.unlink()
    done = sluice(tmp_path / "new", url, "restore", "--from-bucket", file)
    assert done.returncode == 0, done.stderr
    assert file.stat().st_mode & 0o777 == 0o600
    done = sluice(tmp_path / "new", url, "restore", "--from-bucket", tmp_path / "other.tar.gz")
    assert done.returncode == 1 and "not in the bucket" in done.stderr
    done = sluice(tmp_path / "old", {}, "backup", "--to-bucket", tmp_path / "more.tar.gz")
    assert done.returncode == 1 and "SLUICE_S3_URL" in done.stderr


def sluice(data, more, *arguments):
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("SLUICE_", "DATABASE"))}
    keys = {"SLUICE_S3_ACCESS_KEY": "key", "SLUICE_S3_SECRET_KEY": "secret"}
    return subprocess.run(
        [sys.executable, "-m", "dashboard.cli", *map(str, arguments)],
        cwd=PROJECT,
        env=inherited | keys | more | {"SLUICE_DATA_DIR": str(data)},
        capture_output=True,
        text=True,
    )
