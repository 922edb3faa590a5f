"""Sessions of `wrangler tail`, and their socket."""

from __future__ import annotations

import json
from collections import Counter
from datetime import timedelta

import pytest
from asgiref.sync import sync_to_async
from asgiref.testing import ApplicationCommunicator
from django.utils import timezone

from dashboard.accounts.models import Token
from dashboard.accounts.tokens import create_token
from dashboard.api.tail import sessions
from dashboard.api.tail.socket import opens_tail
from dashboard.asgi import application
from dashboard.live.logs import fanout, subscriptions
from dashboard.live.models import Tail, Watch
from tests.dashboard.api.conftest import Api
from tests.dashboard.api.tail.test_trace_events import DETAIL
from tests.factories import make_draft, make_user, make_version

PATH = "/workers/scripts/shop/tails"


@pytest.fixture
def bob_reads(db):
    return Api(make_user("bob"), ["read"])


@pytest.fixture
def carol_reads(db):
    return Api(make_user("carol"), ["read"])


@pytest.fixture
def shop(api):
    make_version("shop")
    return api


def test_a_session_says_its_address_once_and_to_nobody_else(shop):
    made = shop("POST", PATH, {"filters": [{"method": ["GET"]}]}).result
    assert set(made) == {"id", "url", "expires_at"}
    assert made["url"].startswith(f"ws://testserver/client/v4/tails/{made['id']}/")
    secret = made["url"].rpartition("/")[2]
    assert len(secret) >= 32 and secret not in str(Tail.objects.values())
    listed = shop("GET", PATH).result
    assert listed["id"] == made["id"] and secret not in listed["url"]
    assert subscriptions.watched() == ["shop"]
    assert shop("DELETE", f"{PATH}/{made['id']}").result is None
    assert shop("GET", PATH).result is None and subscriptions.watched() == []


def test_wrangler_sends_filters_as_text_and_the_sdk_may_send_no_body(shop):
    assert shop("POST", PATH, {"filters": []}, content_type="text/plain;charset=UTF-8").result
    assert shop("POST", PATH).result


@pytest.mark.parametrize("filters", [[{"sampling_rate": 5}], [{"what": 1}], [{"outcome": "ok"}]])
def test_a_filter_that_cannot_be_is_refused(shop, filters):
    assert shop("POST", PATH, {"filters": filters}).refusal == (400, 10026)
    assert not Tail.objects.exists() and not Watch.objects.exists()


def test_there_is_no_tail_of_a_worker_that_is_missing(api):
    assert api("POST", "/workers/scripts/nobody/tails", {}).refusal == (404, 10007)


def test_sessions_are_bounded_and_those_that_ended_make_room(shop):
    for _ in range(sessions.EACH):
        assert shop("POST", PATH, {}).status == 200
    assert shop("POST", PATH, {}).refusal == (429, 10057)
    Tail.objects.update(expires_on=timezone.now() - timedelta(seconds=1))
    assert shop("POST", PATH, {}).status == 200


def test_who_has_most_sessions_gives_one_up_to_who_has_fewer(shop, bob_reads, carol_reads):
    for caller in (shop, bob_reads):
        for _ in range(sessions.EACH):
            assert caller("POST", PATH, {}).status == 200
    assert Tail.objects.count() == sessions.MOST
    oldest = Tail.objects.order_by("created_on").first()
    assert carol_reads("POST", PATH, {}).status == 200
    assert Tail.objects.count() == sessions.MOST and not Tail.objects.filter(pk=oldest.pk).exists()
    for _ in range(5):
        assert carol_reads("POST", PATH, {}).status == 200
    counts = Counter(Tail.objects.values_list("token__user__username", flat=True))
    assert sorted(counts.values()) == [6, 7, 7]
    assert carol_reads("POST", PATH, {}).refusal == (429, 10057)


def test_a_watch_lapses_when_nobody_renews_it(db):
    made = subscriptions.watch("shop")
    assert subscriptions.watched() == ["shop"]
    Watch.objects.update(until=timezone.now() - timedelta(seconds=1))
    assert subscriptions.watched() == []
    subscriptions.watch("other")
    assert not Watch.objects.filter(id=made.id).exists() and not subscriptions.renew(made.id)


# The socket


def session(filters=()):
    version = make_version("shop", make_draft(tag="v2", message="second"))
    now = timezone.now()
    tail = Tail.objects.create(
        token=create_token(user=make_user("listener"), name="tail", scopes=["read"])[0],
        worker="shop",
        secret_sha256=sessions.hash_token("secret"),
        filters=list(filters),
        client_ip="127.0.0.1",
        created_on=now - timedelta(seconds=5),
        expires_on=now + timedelta(minutes=1),
        watch=subscriptions.watch("shop"),
    )
    return tail, str(version.id)


def socket(tail, secret="secret", protocols=("trace-v1",)):
    scope = {
        "type": "websocket",
        "path": f"/client/v4/tails/{tail.id}/{secret}",
        "headers": [],
        "query_string": b"",
        "subprotocols": list(protocols),
    }
    return ApplicationCommunicator(application, scope)


async def opened(tail, **given):
    talk = socket(tail, **given)
    await talk.send_input({"type": "websocket.connect"})
    return talk, await talk.receive_output(3)


async def heard(talk):
    return json.loads((await talk.receive_output(2))["text"])


async def closed(talk):
    await talk.send_input({"type": "websocket.disconnect", "code": 1006})
    await talk.wait()


@pytest.mark.django_db(transaction=True)
async def test_events_that_pass_the_filters_come_with_their_version():
    tail, version = await sync_to_async(session)([{"method": ["POST"]}])
    talk, answer = await opened(tail)
    assert (answer["type"], answer["subprotocol"]) == ("websocket.accept", "trace-v1")
    await talk.send_input({"type": "websocket.receive", "text": '{"debug":false}'})
    detail = DETAIL | {"version_id": version}
    request = DETAIL["event"]["request"] | {"method": "GET"}
    items = [detail | {"event": {"request": request}}, detail]
    await sync_to_async(fanout.publish)(fanout.tail_group("shop"), items)
    said = await heard(talk)
    assert said["scriptVersion"] == {"id": version, "tag": "v2", "message": "second"}
    assert said["event"]["request"]["method"] == "POST"
    assert await talk.receive_nothing()
    await closed(talk)
    assert not await Tail.objects.aexists() and not await Watch.objects.aexists()


@pytest.mark.django_db(transaction=True)
async def test_what_a_reader_missed_is_said_and_when_it_is_over():
    tail, version = await sync_to_async(session)()
    talk, _ = await opened(tail)
    publish, group = sync_to_async(fanout.publish), fanout.tail_group("shop")
    items = [DETAIL | {"version_id": version}]
    await publish(group, items, 7)
    notice = await heard(talk)
    assert notice["type"] == "overload" and "7 events" in notice["message"]
    assert (await heard(talk))["outcome"] == "ok"
    await publish(group, items)
    assert (await heard(talk))["type"] == "overload-stop"
    await closed(talk)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("given", [{"secret": "wrong"}, {"protocols": ()}])
async def test_without_the_secret_or_the_protocol_the_socket_stays_closed(given):
    tail, _ = await sync_to_async(session)()
    talk, answer = await opened(tail, **given)
    assert answer["type"] == "websocket.close"


@pytest.mark.django_db(transaction=True)
async def test_only_the_address_of_a_session_opens_it():
    tail, _ = await sync_to_async(session)()
    path = f"/client/v4/tails/{tail.id}/secret"
    assert await opens_tail(path)
    for wrong in (path[:-1], path + "x", "/client/v4/tails/x/y", "/client/v4/tails/"):
        assert not await opens_tail(wrong)
    await Token.objects.aupdate(revoked_on=timezone.now())
    assert not await opens_tail(path)


@pytest.mark.django_db(transaction=True)
async def test_a_session_that_was_deleted_closes_normally(monkeypatch):
    monkeypatch.setattr(subscriptions, "RENEW_SECONDS", 0.05)
    tail, _ = await sync_to_async(session)()
    talk, _ = await opened(tail)
    await sync_to_async(sessions.end_session)(tail)
    answer = await talk.receive_output(2)
    assert (answer["type"], answer["code"]) == ("websocket.close", 1000)
    await closed(talk)


@pytest.mark.django_db(transaction=True)
async def test_a_session_ends_with_the_token_that_opened_it(monkeypatch):
    monkeypatch.setattr(subscriptions, "RENEW_SECONDS", 0.05)
    tail, _ = await sync_to_async(session)()
    talk, _ = await opened(tail)
    await Token.objects.aupdate(revoked_on=timezone.now())
    assert (await talk.receive_output(3))["type"] == "websocket.close"
    await closed(talk)
    _, answer = await opened(tail)
    assert (answer["type"], answer["code"]) == ("websocket.close", 4404)
