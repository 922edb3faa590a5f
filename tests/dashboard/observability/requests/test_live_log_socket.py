"""Who may follow a live log, and what they get."""

import json

import pytest
from asgiref.sync import sync_to_async
from asgiref.testing import ApplicationCommunicator
from django.test import Client

from dashboard.accounts.models import Role, User
from dashboard.asgi import application
from dashboard.live.logs import fanout, subscriptions
from dashboard.live.models import Watch
from tests.factories import make_user, make_worker

pytestmark = pytest.mark.django_db(transaction=True)
ROW = {
    "html": "<tr>",
    "version": "v1",
    "status": 200,
    "reason": "percentage",
    "override": "absent",
    "text": "GET /x r-1",
}


def signed_in():
    make_worker("shop")
    client = Client()
    client.force_login(make_user("vera", Role.VIEWER))
    return client.cookies["sessionid"].value


def socket(cookie="", query="", origin="http://localhost", worker="shop"):
    headers = [(b"host", b"localhost"), (b"origin", origin.encode())]
    headers += [(b"cookie", f"sessionid={cookie}".encode())] if cookie else []
    scope = {"type": "websocket", "path": f"/workers/{worker}/log/live", "headers": headers}
    return ApplicationCommunicator(
        application, scope | {"query_string": query.encode(), "subprotocols": []}
    )


async def opened(talk):
    await talk.send_input({"type": "websocket.connect"})
    return (await talk.receive_output(3))["type"]


async def heard(talk):
    return json.loads((await talk.receive_output(2))["text"])


async def test_rows_that_pass_the_filters_come_and_the_watch_ends_with_the_viewer():
    talk = socket(await sync_to_async(signed_in)(), "status=5xx")
    assert await opened(talk) == "websocket.accept"
    assert await sync_to_async(subscriptions.watched)() == ["shop"]
    items = [ROW, ROW | {"status": 503, "html": "<tr id=x>"}, {"place": "r-1.v", "html": "said"}]
    await sync_to_async(fanout.publish)(fanout.log_group("shop"), items, 2)
    said = await heard(talk)
    assert said == {
        "rows": ["<tr id=x>"],
        "said": [{"place": "r-1.v", "html": "said"}],
        "missed": 2,
    }
    await talk.send_input({"type": "websocket.disconnect", "code": 1001})
    await talk.wait()
    assert not await Watch.objects.aexists()


@pytest.mark.parametrize(
    "given",
    [{"cookie": ""}, {"cookie": "wrong"}, {"worker": "none"}, {"origin": "http://evil.test"}],
)
async def test_strangers_and_other_sites_hear_nothing(given):
    cookie = await sync_to_async(signed_in)()
    assert await opened(socket(**({"cookie": cookie} | given))) == "websocket.close"
    assert not await Watch.objects.aexists()


async def test_somebody_who_may_no_longer_sign_in_is_cut_off(monkeypatch):
    monkeypatch.setattr(subscriptions, "RENEW_SECONDS", 0.05)
    talk = socket(await sync_to_async(signed_in)())
    assert await opened(talk) == "websocket.accept"
    await User.objects.aupdate(is_active=False)
    assert (await talk.receive_output(2))["type"] == "websocket.close"
    await talk.send_input({"type": "websocket.disconnect", "code": 4408})
    await talk.wait()
