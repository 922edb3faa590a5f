"""Which pages may open a WebSocket."""

from contextlib import suppress

import pytest
from channels.exceptions import StopConsumer

from dashboard.api.sockets import websocket_urlpatterns as of_the_api
from dashboard.live.channel.origin import is_allowed
from dashboard.live.sockets import websocket_urlpatterns as of_the_pages
from dashboard.observability.requests.live_log_socket import websocket_urlpatterns as of_the_logs


@pytest.fixture(autouse=True)
def hosts(settings):
    settings.ALLOWED_HOSTS = ["localhost", "sluice.example.com", "127.0.0.1"]
    settings.PUBLIC_URL = "https://sluice.example.com"


def scope(origin, host="localhost:8000", scheme="ws"):
    headers = [(b"host", host.encode())]
    if origin is not None:
        headers.append((b"origin", origin.encode()))
    return {"type": "websocket", "scheme": scheme, "headers": headers}


@pytest.mark.parametrize(
    ("origin", "host", "scheme"),
    [
        ("http://localhost:8000", "localhost:8000", "ws"),
        ("HTTP://LOCALHOST:8000", "localhost:8000", "ws"),
        ("http://localhost", "localhost", "ws"),
        ("http://localhost:80", "localhost", "ws"),
        ("https://sluice.example.com", "sluice.example.com", "wss"),
        # A proxy that does not pass on the host: by SLUICE_PUBLIC_URL.
        ("https://sluice.example.com", "127.0.0.1:8000", "ws"),
    ],
)
def test_a_page_of_ours_may(origin, host, scheme):
    assert is_allowed(scope(origin, host, scheme), programs=False)


@pytest.mark.parametrize(
    "origin",
    [
        "http://localhost:8787",  # a Worker on the same host: cookies know no ports
        "http://localhost",
        "https://localhost:8000",
        "http://shop.localhost:8000",
        "http://localhost.evil.example:8000",
        "http://localhost:8000/",
        "http://localhost:8000@evil.example",
        "http://localhost:x",
        "https://sluice.example.com:8443",
        "null",
        "",
        "file://",
    ],
)
@pytest.mark.parametrize("programs", [False, True])
def test_any_other_may_not(origin, programs):
    assert not is_allowed(scope(origin), programs=programs)


def test_a_host_that_is_not_ours_is_no_origin_of_ours():
    """DNS rebinding: both headers agree, and neither is ours."""
    assert not is_allowed(scope("http://evil.example:8000", "evil.example:8000"), programs=False)


def test_without_an_origin_only_programs_may():
    assert is_allowed(scope(None), programs=True)
    assert not is_allowed(scope(None), programs=False)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("pattern", [*of_the_pages, *of_the_logs, *of_the_api], ids=str)
async def test_every_socket_of_people_and_tails_asks(pattern):
    sent, said = [], [{"type": "websocket.connect"}, {"type": "websocket.disconnect", "code": 1006}]

    async def receive():
        return said.pop(0)

    async def send(message):
        sent.append(message)

    alien = scope("http://localhost:8787") | {"path": "/", "subprotocols": []}
    with suppress(StopConsumer):
        await pattern.callback(alien, receive, send)
    assert [message["type"] for message in sent] == ["websocket.close"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("origin", "status"), [("http://localhost:8787", 403), ("http://localhost:8000", 401)]
)
def test_forms_are_as_strict(client, origin, status):
    """Django compares the whole origin; a token alone is not enough."""
    token = "a" * 32
    client = type(client)(enforce_csrf_checks=True, headers={"host": "localhost:8000"})
    client.cookies["csrftoken"] = token
    form = {"csrfmiddlewaretoken": token, "username": "x", "password": "y"}
    answer = client.post("/accounts/login/", form, headers={"origin": origin})
    assert answer.status_code == status
