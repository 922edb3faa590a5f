"""Redis between the web processes: idle sockets stay open, and without Redis everything is done."""

import asyncio
import contextlib
import json
import time
from urllib.parse import urlsplit

import pytest
from asgiref.sync import sync_to_async
from asgiref.testing import ApplicationCommunicator
from django.conf import settings as configured
from django.test import AsyncClient, Client
from django.utils import timezone

from dashboard.accounts.models import Role
from dashboard.accounts.tokens import create_token, hash_token
from dashboard.asgi import application
from dashboard.edges.protocol.registration import register_edge
from dashboard.live.logs import subscriptions
from dashboard.live.models import Presence, Tail, Watch
from dashboard.settings import REDIS_HOST
from routing.control.upload import upload_version
from routing.models import Version, Worker
from routing.transactions import after_commit
from tests.dashboard.api.conftest import BOUNDARY, METADATA, form
from tests.factories import make_deployment, make_user, make_worker, says_fine
from tests.stores import redis

pytestmark = pytest.mark.django_db(transaction=True)
IDLE = 12.0
"""Seconds: twice as long as the channel layer waits for a message, and redis-py by itself."""


@pytest.fixture
def stopped_at_will(tmp_path, settings, monkeypatch):
    """A Redis server that a test stops and starts again; the channel layer uses it."""
    monkeypatch.setitem(upload_version.__kwdefaults__, "inspect", says_fine)
    monkeypatch.setattr("dashboard.live.channel.broadcast._retry_at", 0.0)
    with contextlib.ExitStack() as first:
        url = first.enter_context(redis(tmp_path))
        hosts = {"hosts": [REDIS_HOST | {"address": url}]}
        backend = "channels_redis.core.RedisChannelLayer"
        settings.CHANNEL_LAYERS = {"default": {"BACKEND": backend, "CONFIG": hosts}}
        yield first, lambda: redis(tmp_path, urlsplit(url).port)


def people():
    """A session, a token, an edge's token, and a tail of the Worker that is there."""
    maya = make_user("maya", Role.ADMIN)
    make_deployment(make_worker("shop", versions=2))
    client = Client()
    client.force_login(maya)
    token, secret = create_token(user=maya, name="t", scopes=["read", "deploy", "admin"])
    now = timezone.now()
    tail = Tail.objects.create(
        token=token,
        worker="shop",
        secret_sha256=hash_token("s3cret"),
        created_on=now,
        expires_on=now + timezone.timedelta(hours=1),
        watch=subscriptions.watch("shop"),
    )
    return client.cookies["sessionid"].value, secret, register_edge("local-1"), tail


def socket(path, query="", cookie="", authorization="", protocols=()):
    headers = [(b"host", b"localhost"), (b"origin", b"http://localhost")]
    headers += [(b"cookie", f"sessionid={cookie}".encode())] if cookie else []
    headers += [(b"authorization", authorization.encode())] if authorization else []
    scope = {"type": "websocket", "path": path, "headers": headers}
    scope |= {"query_string": query.encode(), "subprotocols": list(protocols)}
    return ApplicationCommunicator(application, scope)


def all_kinds(session, edge, tail):
    return {
        "page": socket("/live/", "topic=worker:shop", cookie=session),
        "log": socket("/workers/shop/log/live", cookie=session),
        "tail": socket(f"/client/v4/tails/{tail.id}/s3cret", protocols=["trace-v1"]),
        "agent": socket("/edge/v1/live", authorization=f"Bearer {edge}"),
    }


async def opened(talk):
    await talk.send_input({"type": "websocket.connect"})
    assert (await talk.receive_output(4))["type"] == "websocket.accept"


async def read_for(talk, seconds):
    """What came within so many seconds; ends at once when the server closes."""
    seen, end = [], time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        with contextlib.suppress(TimeoutError, asyncio.CancelledError):
            # Not receive_output: it ends the application when it times out.
            seen.append(await asyncio.wait_for(talk.output_queue.get(), left))
        if talk.future.done() or (seen and seen[-1]["type"] == "websocket.close"):
            break
    while not talk.output_queue.empty():
        seen.append(talk.output_queue.get_nowait())
    return seen


async def ended(talk):
    await talk.send_input({"type": "websocket.disconnect", "code": 1001})
    await talk.wait(3)


async def test_an_idle_socket_of_each_kind_stays_open(stopped_at_will):
    session, _, edge, tail = await sync_to_async(people)()
    talks = all_kinds(session, edge, tail)
    await asyncio.gather(*map(opened, talks.values()))
    seen = await asyncio.gather(*(read_for(talk, IDLE) for talk in talks.values()))
    for kind, talk, messages in zip(talks, talks.values(), seen, strict=True):
        assert not talk.future.done(), kind
        assert {m["type"] for m in messages} <= {"websocket.send"}, (kind, messages)
    beats = [m for m in seen[0] if m.get("text") == "{}"]
    assert len(beats) >= 3  # each second, if the cores are free
    await asyncio.gather(*map(ended, talks.values()))
    assert not await Presence.objects.aexists() and not await Watch.objects.aexists()


async def change_everything(client, secret, session):
    """A deployment by page and by API, an upload, a secret: each is answered with success."""
    shop = await Worker.objects.aget(name="shop")
    old, new = [v async for v in Version.objects.filter(worker=shop).order_by("number")]
    live = await shop.deployments.alatest("number")
    account = f"/client/v4/accounts/{configured.ACCOUNT_ID}/workers/scripts/shop"
    auth = {"authorization": f"Bearer {secret}"}
    split = {"version": str(old.id), "percentage": 10, "expected": str(live.id)}
    page = await client.post("/workers/shop/split/", split)
    shares = [{"version_id": str(new.id), "percentage": 100}]
    answers = {
        "page": page.status_code,
        "api": (
            await client.post(
                f"{account}/deployments",
                {"strategy": "percentage", "versions": shares},
                content_type="application/json",
                headers=auth,
            )
        ).status_code,
    }
    body, kind = form(METADATA), f"multipart/form-data; boundary={BOUNDARY}"
    upload = await client.generic("PUT", account, body, kind, headers=auth)
    answers["upload"] = upload.status_code
    given = json.dumps({"name": "KEY", "text": "x", "type": "secret_text"}).encode()
    put = await client.generic("PUT", f"{account}/secrets", given, headers=auth)
    answers["secret"] = put.status_code
    return answers, await shop.deployments.acount()


async def test_without_redis_all_is_done_and_sockets_recover(stopped_at_will):
    first, start_again = stopped_at_will
    session, secret, edge, tail = await sync_to_async(people)()
    client = AsyncClient()
    client.cookies["sessionid"] = session
    page = socket("/live/", "topic=worker:shop", cookie=session)
    await opened(page)
    before = after_commit.failures().get("broadcast", 0)

    await sync_to_async(first.close)()
    answers, deployments = await change_everything(client, secret, session)
    assert answers == {"page": 302, "api": 200, "upload": 200, "secret": 200}
    assert deployments == 5
    assert after_commit.failures()["broadcast"] > before
    messages = await read_for(page, 8)
    assert messages[-1] == {"type": "websocket.close", "code": 1013}  # browsers connect again
    await ended(page)
    assert not await Presence.objects.aexists()
    refused = socket("/live/", "topic=worker:shop", cookie=session)
    await refused.send_input({"type": "websocket.connect"})
    assert (await refused.receive_output(4))["code"] == 1013

    with start_again():
        page = socket("/live/", "topic=worker:shop", cookie=session)
        await opened(page)
        await read_for(page, 1.5)
        shop = await Worker.objects.aget(name="shop")
        lost = after_commit.failures()["broadcast"]
        await sync_to_async(make_deployment)(shop)
        pushed = [json.loads(m["text"]) for m in await read_for(page, 1.0)]
        assert "deployment" in [m.get("why") for m in pushed]
        assert after_commit.failures()["broadcast"] == lost
        await ended(page)
