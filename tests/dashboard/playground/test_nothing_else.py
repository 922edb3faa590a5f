"""Nothing but an edge's proof listener is ever reached: a canary on loopback counts who knocks."""

import socket
import threading

import pytest
from django.utils import timezone

from dashboard.variables.models import Variable
from routing.models import CustomDomain, Edge, Worker, WorkerRoute
from tests.dashboard.playground.fake_edge import fake_edge
from tests.factories import make_deployment, make_edge, make_worker

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def canary():
    """A listener on loopback; `knocks` grows with every connection."""
    server = socket.create_server(("127.0.0.1", 0))
    server.settimeout(0.02)
    knocks, done = [], threading.Event()

    def listen():
        while not done.is_set():
            try:
                knocks.append(server.accept()[0].close())
            except OSError:
                continue

    thread = threading.Thread(target=listen, daemon=True)
    thread.start()
    yield server.getsockname()[1], knocks
    done.set()
    thread.join()
    server.close()


@pytest.fixture
def listener():
    with fake_edge() as server:
        yield server


@pytest.fixture
def shop(listener, monkeypatch):
    monkeypatch.setattr("dashboard.playground.send.edges.LOG_WAIT", 0)
    make_edge(proof_url=listener.url)
    make_deployment(make_worker("shop"))


#: Field → value; %d is the canary's port. Each is refused or goes to the edge with our Host.
TRICKS = [
    {"path": "http://127.0.0.1:%d/"},
    {"path": "https://127.0.0.1:%d/"},
    {"path": "//127.0.0.1:%d/"},
    {"path": "///127.0.0.1:%d/"},
    {"path": "/\\127.0.0.1:%d/"},
    {"path": "\\\\127.0.0.1:%d\\"},
    {"path": "@127.0.0.1:%d/"},
    {"path": "/@127.0.0.1:%d/"},
    {"path": ":%d/"},
    {"path": "/..//127.0.0.1:%d/"},
    {"path": "/%%0d%%0aHost:%%20127.0.0.1:%d"},
    {"path": "/ HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n\r\n"},
    {"path": "/\u560d\u560aHost: 127.0.0.1:%d"},
    {"path": "localhost:%d/"},
    {"path": "//localhost.:%d/"},
    {"path": "//2130706433:%d/"},
    {"path": "//[::ffff:127.0.0.1]:%d/"},
    {"path": "file:///etc/passwd#%d"},
    {"path": "gopher://127.0.0.1:%d/_x"},
    {"path": "{{away}}"},
    {"headers": "Host: 127.0.0.1:%d"},
    {"headers": "host : 127.0.0.1:%d"},
    {"headers": ":authority: 127.0.0.1:%d"},
    {"headers": "X: a\rHost: 127.0.0.1:%d"},
    {"headers": "Transfer-Encoding: chunked\nX-Port: %d"},
    {"headers": "Connection: upgrade\nUpgrade: 127.0.0.1:%d"},
    {"headers": "Proxy-Connection: 127.0.0.1:%d"},
    {"headers": "X-Forwarded-Host: 127.0.0.1:%d"},
    {"headers": "X-Original-URL: http://127.0.0.1:%d/"},
    {"hn": "Host", "hv": "127.0.0.1:%d", "headers_as": "table"},
    {"hn": "X\r\nHost", "hv": "127.0.0.1:%d", "headers_as": "table"},
    {"key": "k\r\nHost: 127.0.0.1:%d"},
    {"mode": "raw", "raw": "a\r\nHost: 127.0.0.1:%d"},
    {"auth": "bearer", "token": "t\r\nHost: 127.0.0.1:%d"},
    {"method": "CONNECT", "path": "127.0.0.1:%d"},
    {"method": "GET http://127.0.0.1:%d/ HTTP/1.1\r\nX:"},
    {"worker": "127.0.0.1:%d"},
    {"worker": "shop.localhost@127.0.0.1:%d"},
]


@pytest.mark.parametrize("trick", TRICKS, ids=lambda t: str(t)[:60])
def test_no_trick_leads_elsewhere(maya, shop, listener, canary, trick, monkeypatch):
    port, knocks = canary
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{port}")
    Variable.objects.create(worker="shop", name="away", value=f"http://127.0.0.1:{port}/")
    sent = {"worker": "shop", "method": "GET", "path": "/"}
    maya.post("/playground/", sent | {n: v.replace("%d", str(port)) for n, v in trick.items()})
    assert knocks == []
    for _, _, headers, _ in listener.requests:
        assert [v for n, v in headers if n.lower() == "host"] == ["shop.localhost"]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_elsewhere_is_shown_and_not_followed(maya, shop, listener, canary, status):
    port, knocks = canary
    listener.status = status
    listener.headers.append(("location", f"http://127.0.0.1:{port}/"))
    html = maya.post("/playground/", {"worker": "shop", "path": "/"}).content.decode()
    assert "does not lead to one of your Workers" in html and "Follow it" not in html
    assert knocks == [] and len(listener.requests) == 1


@pytest.mark.parametrize(
    ("location", "followed"),
    [
        ("/next?a=1", "path=%2Fnext%3Fa%3D1"),
        ("http://shop.localhost:8787/x", "path=%2Fx"),
        ("//shop.localhost/x", "path=%2Fx"),
        ("http://shop.localhost@127.0.0.1/", ""),
        ("http://shop.localhost.example/", ""),
        ("http://shop.localhost:22/", ""),
        ("javascript:alert(1)", ""),
        ("http://nobody.localhost/", ""),
        ("http://[::1", ""),
        ("https://shop.example.com/x", "worker=shop&amp;path=%2Fx&amp;host=shop.example.com"),
        ("https://example.com/shop/x?b", "path=%2Fshop%2Fx%3Fb&amp;host=example.com"),
        ("https://example.com/other", ""),
        ("https://other.example.com/", ""),
    ],
)
def test_only_own_workers_are_offered_to_be_followed(maya, shop, listener, location, followed):
    given = {"zone": "example.com", "worker": Worker.objects.get(name="shop")}
    given["created_at"] = timezone.now()
    CustomDomain.objects.create(hostname="shop.example.com", **given)
    WorkerRoute.objects.create(pattern="example.com/shop/*", **given)
    listener.status = 302
    listener.headers.append(("location", location))
    html = maya.post("/playground/", {"worker": "shop", "path": "/"}).content.decode()
    assert (followed in html and "Follow it" in html) if followed else "Follow it" not in html


def test_an_edge_that_names_another_address_is_not_asked(maya, shop, canary):
    port, knocks = canary
    for url in (
        f"http://localhost:{port}",
        f"http://a@127.0.0.1:{port}",
        f"ftp://127.0.0.1:{port}",
    ):
        Edge.objects.update(proof_url=url)
        html = maya.post("/playground/", {"worker": "shop", "path": "/"}).content.decode()
        assert "proof address that is not on this machine" in html
    assert knocks == []


def test_importing_a_command_asks_nobody(maya, shop, listener, canary):
    port, knocks = canary
    command = f"curl http://127.0.0.1:{port}/x -x http://127.0.0.1:{port} -d @/etc/passwd"
    html = maya.post("/playground/import/", {"worker": "shop", "curl": command}).content.decode()
    assert "127.0.0.1 is not a Worker here" in html and "root:" not in html
    assert knocks == [] and listener.requests == []
