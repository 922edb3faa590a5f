"""Cloudflare's Python SDK, unmodified, with D1 databases and queues."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from cloudflare import Cloudflare
from django.conf import settings

from tests.dashboard.api.conftest import Api

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def sdk(api: Api, live_server: Any) -> Iterator[Cloudflare]:
    url = f"{live_server.url}/client/v4"
    with Cloudflare(base_url=url, api_token=api.secret, max_retries=0) as client:
        yield client


def test_databases(sdk: Cloudflare) -> None:
    account = {"account_id": settings.ACCOUNT_ID}
    made = sdk.d1.database.create(name="sdk-db", **account)
    assert made.uuid and made.name == "sdk-db"
    assert [one.uuid for one in sdk.d1.database.list(name="sdk-db", **account)] == [made.uuid]
    one = sdk.d1.database.get(made.uuid, **account)
    assert one.num_tables == 0 and one.file_size
    sql = "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT); INSERT INTO t (v) VALUES ('a'), ('b')"
    assert [each.success for each in sdk.d1.database.query(made.uuid, sql=sql, **account)] == [
        True,
        True,
    ]
    chosen = {"sql": "SELECT * FROM t WHERE v = ?", "params": ["b"], **account}
    [rows] = sdk.d1.database.query(made.uuid, **chosen)
    assert rows.results == [{"id": 2, "v": "b"}] and rows.meta.rows_read
    [raw] = sdk.d1.database.raw(made.uuid, **chosen)
    assert (raw.results.columns, raw.results.rows) == (["id", "v"], [[2, "b"]])
    exported = sdk.d1.database.export(made.uuid, output_format="polling", **account)
    assert exported.status == "complete" and exported.result.signed_url
    sdk.d1.database.delete(made.uuid, **account)
    assert not list(sdk.d1.database.list(name="sdk-db", **account))


def test_queues(sdk: Cloudflare) -> None:
    account = {"account_id": settings.ACCOUNT_ID}
    made = sdk.queues.create(queue_name="sdk-jobs", **account)
    assert made.queue_id and made.settings.message_retention_period == 345_600
    assert "sdk-jobs" in [one.queue_name for one in sdk.queues.list(**account)]
    sdk.queues.messages.push(made.queue_id, body={"n": 1}, content_type="json", **account)
    [message] = sdk.queues.messages.pull(made.queue_id, batch_size=10, **account).messages
    acks = [{"lease_id": message.lease_id}]
    assert sdk.queues.messages.ack(made.queue_id, acks=acks, **account).ack_count == 1
    sdk.queues.purge.start(made.queue_id, delete_messages_permanently=True, **account)
    sdk.queues.delete(made.queue_id, **account)
    assert "sdk-jobs" not in [one.queue_name for one in sdk.queues.list(**account)]
