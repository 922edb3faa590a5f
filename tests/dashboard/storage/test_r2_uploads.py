"""Multipart uploads of R2 that nobody completes."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing

from dashboard.storage.client import state_client
from dashboard.storage.r2 import objects
from tests.eventually import eventually
from tests.state_process import state_process

BUCKET = "uploads"
NO_SUCH_UPLOAD = 10024
WEEK_MS = 7 * 24 * 3_600_000


def write(content=b"", **asked):
    """One operation of the binding's protocol."""
    metadata = json.dumps({"version": 1, **asked}).encode()
    headers = {"cf-r2-metadata-size": str(len(metadata))}
    return state_client().request(
        "r2", BUCKET, "PUT", "/", headers=headers, content=metadata + content
    )


def begin(key):
    upload = write(method="createMultipartUpload", object=key).json()["uploadId"]
    put_part(key, upload)
    return upload


def put_part(key, upload):
    return write(b"x" * 1000, method="uploadPart", object=key, uploadId=upload, partNumber=1)


def test_an_upload_is_aborted_after_a_week(tmp_path, settings):
    with state_process(tmp_path) as process:
        settings.STATE_URL = process.url
        forgotten, recent = begin("forgotten"), begin("recent")
    with state_process(tmp_path) as process:
        settings.STATE_URL = process.url
        objects.list_objects(BUCKET)
    [database] = [path for path in tmp_path.glob("r2/**/*.sqlite") if "metadata" not in path.name]
    with closing(sqlite3.connect(database)) as rows:
        sql = "UPDATE _sluice_uploads SET started_at = started_at - ? WHERE upload_id = ?"
        assert rows.execute(sql, (WEEK_MS + 1, forgotten)).rowcount == 1
        rows.commit()
    with state_process(tmp_path) as process:
        settings.STATE_URL = process.url
        refused = put_part("forgotten", forgotten)
        assert json.loads(refused.headers["cf-r2-error"])["v4code"] == NO_SUCH_UPLOAD
        assert put_part("recent", recent).is_success
        assert eventually(lambda: len(list(tmp_path.glob("r2/*/blobs/*"))) == 1)
