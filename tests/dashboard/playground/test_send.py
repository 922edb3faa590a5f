"""Sending: to an edge of ours on loopback, and nowhere else, whatever is typed or reported."""

import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from dashboard.playground.request.form import compose
from dashboard.sending import send as sending
from dashboard.sending.answer import PAGE_BYTES
from dashboard.sending.deadline import Cancellation
from dashboard.sending.send import MOST_BYTES, send
from dashboard.sending.wire_request import SendFailed, own_address, proof_edge
from routing.models import Edge
from tests.dashboard.playground.fake_edge import RAY, fake_edge
from tests.factories import make_edge


@pytest.fixture
def listener():
    with fake_edge() as server:
        yield server


def ask(server, **sent):
    return send(compose("shop", sent).to_wire(Edge(name="local-1", proof_url=server.url)))


def test_the_request_arrives_as_typed(listener):
    ask(listener, path="/a?b=1", headers="X-One: 1\nX-One: 2", key="k", method="GET")
    ((method, target, headers, _),) = listener.requests
    assert (method, target) == ("GET", "/a?b=1")
    assert ("Host", "shop.localhost") in headers
    assert [v for n, v in headers if n == "X-One"] == ["1", "2"]
    assert ("Cloudflare-Workers-Version-Key", "k") in headers
    assert not any(n.lower() == "user-agent" for n, _ in headers)


def test_a_body_goes_with_methods_that_act(listener):
    ask(listener, method="POST", body="grüße")
    assert listener.requests[0][3] == "grüße".encode()
    ask(listener, method="GET", body="ignored")
    assert listener.requests[1][3] == b""


def test_the_answer_comes_back_whole(listener):
    listener.headers += [("x-sluice-version", "abc"), ("x-own", "1")]
    answer = ask(listener)
    assert (answer.status_words, answer.text, answer.ray) == ("200 OK", "hello", RAY)
    assert answer.proof_headers == {"version": "abc"}
    assert ("x-own", "1") in answer.headers


def test_redirects_are_not_followed(listener):
    listener.status = 302
    listener.headers.append(("location", "http://127.0.0.1:1/"))
    assert ask(listener).status == 302
    assert len(listener.requests) == 1


@pytest.mark.parametrize(
    "path", ["//127.0.0.1:1/", "/@127.0.0.1:1", "/\\127.0.0.1:1", "/%0d%0aHost:%20evil"]
)
def test_no_path_leads_elsewhere(listener, path):
    ask(listener, path=path)
    assert len(listener.requests) == 1
    assert ("Host", "shop.localhost") in listener.requests[0][2]


def test_no_proxy_of_the_environment_is_asked(listener, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    assert ask(listener).status == 200


@pytest.mark.parametrize(
    "url",
    [
        "http://192.0.2.1:80",
        "http://example.com:80",
        "http://localhost:80",
        "http://127.0.0.1.example.com:80",
        "http://127.0.0.1@192.0.2.1:80",
        "http://user@127.0.0.1:80",
        "https://127.0.0.1:80",
        "file:///etc/passwd",
        "http://127.0.0.1",
        "http://[fe80::1]:80",
        "http://2130706433:80",
        "http://0.0.0.0:80",
        "http://127.0.0.1:99999",
        "",
    ],
)
def test_only_loopback_addresses_are_asked(url):
    with pytest.raises(SendFailed):
        own_address(url)


def test_both_loopback_families_are_ours():
    assert own_address("http://127.0.0.1:8799") == ("127.0.0.1", 8799)
    assert own_address("http://[::1]:8799/") == ("::1", 8799)


def test_a_large_body_is_cut(listener):
    listener.body = b"x" * (MOST_BYTES + 5000)
    answer = ask(listener)
    assert (len(answer.body), answer.truncated, answer.cut) == (MOST_BYTES, True, True)
    assert len(answer.text or "") == PAGE_BYTES


def test_bytes_that_are_no_text_are_not_shown_as_such(listener):
    listener.body = b"\x89PNG\0\0"
    assert ask(listener).text is None


def test_an_unknown_charset_is_read_as_utf_8(listener):
    listener.headers = [("content-type", "text/plain; charset=klingon")]
    assert ask(listener).text == "hello"


def test_an_edge_that_is_away_is_named():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        edge = Edge(name="local-1", proof_url=f"http://127.0.0.1:{taken.getsockname()[1]}")
        with pytest.raises(SendFailed, match="local-1 does not accept connections"):
            send(compose("shop", {}).to_wire(edge))


def test_a_broken_answer_is_said(listener):
    listener.raw = b"this is no HTTP\r\n\r\n"
    with pytest.raises(SendFailed, match="no HTTP") as failed:
        ask(listener)
    assert failed.value.title == "The answer is broken"


def test_silence_ends(listener, monkeypatch):
    monkeypatch.setattr(sending, "DEADLINE", 0.2)
    release = threading.Event()
    listener.before = lambda: release.wait(5)
    with pytest.raises(SendFailed, match="may have acted") as failed:
        ask(listener)
    assert failed.value.title == "No answer in time"
    release.set()


def test_an_endless_answer_is_cut_with_what_came(listener, monkeypatch):
    monkeypatch.setattr(sending, "DEADLINE", 0.4)
    listener.tick = b"tick\n"
    began = time.monotonic()
    answer = ask(listener)
    assert 0.35 < time.monotonic() - began < 2
    assert (answer.status, answer.ended_by, answer.ray) == (200, "time", RAY)
    assert answer.body.startswith(b"tick\ntick\n") and listener.left.wait(2)


def test_one_long_silence_in_the_body_is_cut_too(listener, monkeypatch):
    monkeypatch.setattr(sending, "DEADLINE", 0.4)
    listener.raw = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\ntick\r\n"
    release = threading.Event()
    listener.after = lambda: release.wait(5)
    answer = ask(listener)
    assert (answer.body, answer.ended_by) == (b"tick", "time")
    release.set()


def test_nothing_goes_on_when_the_browser_has_left(listener):
    listener.tick = b"tick\n"
    left = Cancellation()
    threading.Timer(0.3, left.cancel).start()
    wire = compose("shop", {}).to_wire(Edge(name="local-1", proof_url=listener.url))
    assert send(wire, cancellation=left).ended_by == "cancelled"
    assert listener.left.wait(2)
    with pytest.raises(SendFailed, match="browser left"):
        send(wire, cancellation=left)


def test_what_came_before_the_connection_broke_is_there(listener):
    listener.raw = b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 99\r\n\r\nhalf"
    answer = ask(listener)
    assert (answer.status, answer.body, answer.ended_by) == (502, b"half", "broken")


@pytest.mark.django_db
def test_the_edge_heard_of_last_is_asked():
    with pytest.raises(SendFailed, match="No edge is connected"):
        proof_edge()
    make_edge("quiet", last_seen_on=None, proof_url="http://127.0.0.1:1")
    make_edge("bare", proof_url="")
    make_edge("good", proof_url="http://127.0.0.1:2")
    assert proof_edge().name == "good"


def test_no_two_sends_share_a_pool_of_connections(listener, monkeypatch):
    """A pool that two threads share can close a connection under the request it gave it to."""
    clients = []
    connect = sending._connect
    monkeypatch.setattr(sending, "_connect", lambda: clients.append(connect()) or clients[-1])
    wire = compose("shop", {}).to_wire(Edge(name="local-1", proof_url=listener.url))
    with ThreadPoolExecutor(4) as pool:
        assert [a.status for a in pool.map(lambda _: send(wire), range(12))] == [200] * 12
    assert len({id(client) for client in clients}) == 12
    assert all(client.is_closed for client in clients)
