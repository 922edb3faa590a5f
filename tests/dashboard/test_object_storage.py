"""A real S3-compatible server on loopback: what is stored there, and what happens without it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import httpx
import pytest

from dashboard.observability.ingest import source_maps
from dashboard.observability.ingest.source_maps import mapped, maps_of
from routing import object_storage
from routing.models import Module
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
    Module.store({"1" * 64: b"before", "2" * 64: b"after", "3" * 64: b""})
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
    Module.store({"2" * 64: b"after"})  # nothing new, so nothing is sent
    with pytest.raises(StorageFailed):
        Module.store({"4" * 64: b"new"})


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
