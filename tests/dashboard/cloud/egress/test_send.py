"""Requests leave for confirmed, public, pinned addresses only. Canaries are on loopback."""

import ipaddress
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest
from django.utils import timezone

from dashboard.accounts.actor import Actor
from dashboard.accounts.models import Role
from dashboard.cloud.client.errors import CloudError, Kind
from dashboard.cloud.egress import public_addresses, send as sending
from dashboard.cloud.egress.admission import admit, why_off
from dashboard.cloud.egress.hosts import parse_host
from dashboard.cloud.egress.public_addresses import is_public
from dashboard.cloud.egress.send import send
from dashboard.cloud.egress.values import Destination, Host, WorkerRequest
from dashboard.cloud.models import CloudAccount
from dashboard.cloud.proof.evidence import PROBE_HEADER
from dashboard.sending.wire_request import SendFailed
from routing.models import AuditEntry
from tests.factories import make_user

PUBLIC = Host("shop.example", 443, local=False)


def to(host):
    return Destination(1, "shop-prod", "shop", host)


@pytest.fixture
def canary(settings):
    """A server on this loopback that counts what reaches it; its port counts as public."""
    reached = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            reached.append((self.path, dict(self.headers)))
            away = self.path.startswith("/away")
            self.send_response(302 if away else 200)
            if away:
                self.send_header("Location", f"http://127.0.0.1:{self.server.server_port}/inner")
            self.send_header("cf-ray", "8f2c41d7e9a0b3c5-FRA")
            self.send_header("x-sluice-version", "forged")
            self.end_headers()
            self.wfile.write(b"hello")

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    settings.CLOUD_LOOPBACK_PORTS = frozenset({server.server_port})
    server.reached = reached
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def resolves(monkeypatch):
    """Names lead to these addresses, one list per look-up; what is connected to."""
    answers, connected = [], []

    def getaddrinfo(host, port, **_):
        given = answers.pop(0) if len(answers) > 1 else answers[0]
        return [(2 if "." in a else 10, 1, 6, "", (a, port)) for a in given]

    monkeypatch.setattr(public_addresses.socket, "getaddrinfo", getaddrinfo)

    class Recorder(httpx.BaseTransport):
        def handle_request(self, request):
            connected.append(request)
            return httpx.Response(200, stream=httpx.ByteStream(b""))

    monkeypatch.setattr(sending, "_client", lambda host: httpx.Client(transport=Recorder()))
    return answers, connected


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("104.16.0.1", True),
        ("2606:4700::6810:1", True),
        ("64:ff9b::6810:1", True),
        *((address, False) for address in (
            "127.0.0.1", "127.8.8.8", "0.0.0.0", "0.1.2.3", "10.0.0.1", "172.16.0.1",
            "192.168.1.1", "100.64.0.1", "169.254.169.254", "192.0.2.1", "198.18.0.1",
            "224.0.0.1", "240.0.0.1", "255.255.255.255",
            "::", "::1", "::7f00:1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "fe80::1", "fc00::1",
            "fd00:ec2::254", "fec0::1", "ff02::1", "2001:db8::1", "2002:7f00:1::1",
            "2001:0:4136:e378:8000:63bf:3fff:fdd2", "64:ff9b::7f00:1", "64:ff9b::a00:1",
            "64:ff9b:1::1", "100::1",
        )),
    ],
)  # fmt: skip
def test_only_addresses_of_the_internet_are_public(address, public):
    assert is_public(ipaddress.ip_address(address)) is public


@pytest.mark.parametrize(
    "address",
    [
        "", "shop", "a@shop.example", "shop.example@127.0.0.1", "shop.example/x", "//shop.example",
        "http://shop.example", "shop.example:80", "shop.example:22", "shop.example:443:1",
        "shop.example:99999", "shop.example:0443", "shop.example\\@x", "shop example",
        "shop.example\r\nx: y", "1.1.1.1", "10.0.0.1", "127.1", "2130706433", "0x7f.1",
        "017700000001", "127.0.0.1", "localhost", "shop.localhost", "localhost.", "[::1]", "::1",
        "[::ffff:127.0.0.1]", "[2606:4700::1111]:443", "shop..example", "-shop.example",
        "shop.example.", "sh\u00f6p.example", "\u2460.example", "1.2.3.4:443", "x.1",
    ],
)  # fmt: skip
def test_addresses_that_are_no_host_of_a_worker_are_refused(address):
    with pytest.raises(CloudError) as error:
        parse_host(address, ())
    assert error.value.kind is Kind.NOT_ALLOWED


def test_addresses_of_workers():
    assert parse_host("Checkout.Shop.example", ()) == Host("checkout.shop.example", 443, False)
    assert parse_host("shop.example:8443", ()).authority == "shop.example:8443"
    assert parse_host("shop.localhost:8001", {8001}) == Host("shop.localhost", 8001, True)
    with pytest.raises(CloudError):
        parse_host("shop.localhost:8002", {8001})


@pytest.mark.parametrize("name", ["localhost", "1.localhost", "shop.localhost", "127.0.0.1"])
def test_local_names_are_this_loopback_without_a_look_up(name, monkeypatch):
    monkeypatch.setattr(public_addresses.socket, "getaddrinfo", None)
    assert str(public_addresses.resolve_public(Host(name, 8001, local=True))) == "127.0.0.1"


def test_a_request_is_pinned_with_its_name_for_tls_and_host(resolves):
    answers, connected = resolves
    answers.append(["2606:4700::6810:1", "104.16.0.1"])
    sent = send(to(PUBLIC), WorkerRequest("GET", b"/a?b=@c", (("Host", "evil"), ("X-A", "1"))))
    [request] = connected
    assert sent.address == request.url.host == "104.16.0.1" and request.url.scheme == "https"
    assert request.headers.get_list("host") == ["shop.example"] and request.headers["x-a"] == "1"
    assert request.extensions["sni_hostname"] == "shop.example"
    assert request.extensions["target"] == b"/a?b=@c"
    assert request.headers[PROBE_HEADER] == sent.nonce and len(sent.nonce) == 32


@pytest.mark.parametrize(
    "addresses",
    [["127.0.0.1"], ["104.16.0.1", "10.0.0.1"], ["::ffff:127.0.0.1"], ["169.254.169.254"], ["::1"]],
)
def test_a_name_that_leads_inside_is_never_connected_to(resolves, addresses):
    answers, connected = resolves
    answers.append(addresses)
    with pytest.raises(SendFailed, match="not a public address"):
        send(to(PUBLIC), WorkerRequest())
    assert connected == []


def test_a_name_that_changes_between_check_and_connection_changes_nothing(resolves):
    """It is looked up once; what comes second is never used."""
    answers, connected = resolves
    answers += [["104.16.0.1"], ["127.0.0.1"]]
    assert send(to(PUBLIC), WorkerRequest()).address == "104.16.0.1"
    with pytest.raises(SendFailed):
        send(to(PUBLIC), WorkerRequest())
    assert [request.url.host for request in connected] == ["104.16.0.1"]


def test_a_public_name_is_refused_where_it_leads_to_a_canary(canary, monkeypatch):
    here = [(2, 1, 6, "", ("127.0.0.1", canary.server_port))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: here)
    with pytest.raises(SendFailed):
        send(to(Host("shop.example", canary.server_port, local=False)), WorkerRequest())
    assert canary.reached == []


def test_a_redirect_is_shown_and_not_followed(canary):
    host = Host("shop.localhost", canary.server_port, local=True)
    sent = send(to(host), WorkerRequest("GET", b"/away"))
    assert sent.answer.status == 302 and sent.redirect.endswith("/inner")
    assert [path for path, _ in canary.reached] == ["/away"]
    assert (sent.ray, sent.colo) == ("8f2c41d7e9a0b3c5", "FRA")
    assert sent.answer.proof_headers == {}  # only an edge's own listener may set these


@pytest.mark.parametrize(
    "target", [b"http://127.0.0.1/", b"//a\r\nx: y", b"@127.0.0.1/", b"", b"*", b"/a b", b"/\x00"]
)
def test_a_target_that_is_no_path_is_not_sent(canary, target):
    host = Host("shop.localhost", canary.server_port, local=True)
    with pytest.raises(SendFailed):
        send(to(host), WorkerRequest("GET", target))
    assert canary.reached == []


def test_lines_cannot_forge_host_or_nonce_or_add_lines(canary):
    host = Host("shop.localhost", canary.server_port, local=True)
    lines = (("HOST", "evil.example"), ("Sluice-Probe", "0" * 32), ("Connection", "upgrade"))
    sent = send(to(host), WorkerRequest("GET", b"//evil.example/x", lines))
    [(path, headers)] = canary.reached
    assert path.endswith("/x") and headers["Host"] == host.authority
    assert headers["sluice-probe"] == sent.nonce and "upgrade" not in headers.values()
    for line in (("X-A", "1\r\nX-B: 2"), ("X A", "1"), ("X-A", "\u2460")):
        with pytest.raises(SendFailed):
            send(to(host), WorkerRequest(lines=(line,)))
    assert len(canary.reached) == 1


@pytest.fixture
def followed(settings, db):
    settings.CLOUD_HOSTS = frozenset({"api.test"})
    settings.CLOUD_REQUESTS = True
    now = timezone.now()
    account = CloudAccount.objects.create(
        slug="shop-prod",
        base_url="https://api.test",
        account_id="1",
        checked_at=now,
        created_at=now,
    )
    account.workers.create(
        name="shop",
        address="shop.example",
        address_confirmed_by="root",
        address_confirmed_at=now,
    )
    account.workers.create(name="idle")
    return account


def by(role):
    return Actor(make_user(f"a-{role}", role), "dashboard", timezone.now())


def test_operators_send_to_confirmed_addresses_and_it_is_audited(followed):
    sent = admit(followed, "shop", by(Role.OPERATOR), method="GET", target="/a?token=x", count=200)
    assert sent.host == PUBLIC
    [entry] = AuditEntry.objects.filter(action="cloud.request")
    assert entry.after == {"host": "shop.example", "method": "GET", "count": 200, "path": "/a"}


@pytest.mark.parametrize(
    ("worker", "role"), [("idle", "operator"), ("none", "admin"), ("shop", "viewer")]
)
def test_other_workers_and_people_are_refused(followed, worker, role):
    with pytest.raises(CloudError) as error:
        admit(followed, worker, by(Role(role)), method="GET", target="/")
    assert error.value.kind is Kind.NOT_ALLOWED
    assert not AuditEntry.objects.filter(action="cloud.request").exists()


def test_nothing_is_sent_by_default(followed, settings):
    settings.CLOUD_REQUESTS = False
    assert "SLUICE_CLOUD_REQUESTS" in why_off(followed, "shop")
    with pytest.raises(CloudError):
        admit(followed, "shop", by(Role.ADMIN), method="GET", target="/")
