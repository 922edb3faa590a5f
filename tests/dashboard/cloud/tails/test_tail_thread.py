"""One tail against a WebSocket server on this loopback."""

import json
import threading
import time
from datetime import timedelta

import pytest
from django.utils import timezone
from websockets.sync.server import serve

from dashboard.cloud.client.errors import CloudError, Kind
from dashboard.cloud.client.values import Tail
from dashboard.cloud.proof.evidence import TailState
from dashboard.cloud.tails import socket as sockets, tail_thread
from dashboard.cloud.tails.socket import PROTOCOL, open_socket
from dashboard.cloud.tails.tail_thread import Changed, Received, Sampled, TailThread
from tests.eventually import eventually

API = "http://127.0.0.1:1/client/v4"


def event(nonce, at=1_790_000_000_000):
    request = {"headers": {"sluice-probe": nonce, "cf-ray": f"{nonce}-FRA"}}
    return json.dumps(
        {
            "scriptName": "shop",
            "scriptVersion": {"id": "v1"},
            "eventTimestamp": at,
            "outcome": "ok",
            "event": {"request": request, "response": {"status": 200}},
        }
    )


class Other:
    """The API and the tail's server. `greetings` are sent to each client that connects."""

    def __init__(self):
        self.opened, self.closed, self.connections = [], [], []
        self.refusals, self.greetings = [], []
        self.expires_in = None
        self.server = serve(self._serve, "127.0.0.1", 0, subprotocols=[PROTOCOL], compression=None)
        self.port = self.server.socket.getsockname()[1]
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def open_tail(self, name, header="sluice-probe"):
        if self.refusals:
            raise self.refusals.pop(0)
        self.opened.append(header)
        expires_at = self.expires_in and timezone.now() + self.expires_in
        return Tail(f"t{len(self.opened)}", f"ws://127.0.0.1:{self.port}/secret", expires_at)

    def close_tail(self, name, tail_id):
        self.closed.append(tail_id)

    def send(self, text, to=-1):
        self.connections[to].send(text)

    def _serve(self, connection):
        assert connection.recv() == '{"debug":false}'
        self.connections.append(connection)
        for text in self.greetings:
            connection.send(text)
        for _ in connection:
            pass


@pytest.fixture
def other(settings):
    other = Other()
    settings.CLOUD_LOOPBACK_PORTS = frozenset({other.port})
    yield other
    other.server.shutdown()
    other.thread.join()


@pytest.fixture
def tail(other, monkeypatch):
    monkeypatch.setattr(tail_thread, "RECEIVE_SECONDS", 0.02)
    thread = TailThread("shop", "sluice-probe", lambda: other, lambda url: open_socket(url, API))
    thread._backoff.first = 0.05
    yield thread
    thread.stop()
    if thread.ident:
        thread.join(10)


def reports(thread, count, kind=object):
    """The next `count` of this kind."""
    found, deadline = [], time.monotonic() + 20
    while len(found) < count and time.monotonic() < deadline:
        report = thread.reports.get(timeout=20)
        found += [report] if isinstance(report, kind) else []
    return found


def states(thread, count):
    return [report.state for report in reports(thread, count, Changed)]


def test_events_and_notices_arrive_and_its_place_is_given_back(tail, other):
    tail.start()
    assert states(tail, 2) == [TailState.OPENING, TailState.OPEN]
    assert eventually(lambda: other.connections)
    other.send(event("n1"))
    [received] = reports(tail, 1, Received)
    assert received.invocation.event.nonce == received.invocation.event.ray == "n1"
    other.send('{"type":"overload","message":"…"}')
    other.send('{"type":"overload-stop"}')
    assert [report.ends for report in reports(tail, 2, Sampled)] == [False, True]
    tail.stop()
    assert states(tail, 1) == [TailState.OFF]
    assert other.opened == ["sluice-probe"] and other.closed == ["t1"]


def test_a_closed_tail_is_opened_again(tail, other):
    tail.start()
    assert eventually(lambda: other.connections)
    other.connections[0].close()
    assert states(tail, 5)[2:] == [TailState.REFUSED, TailState.OPENING, TailState.OPEN]
    assert other.closed == ["t1"]


def test_it_is_renewed_before_it_ends_without_a_gap_or_a_double(tail, other, monkeypatch):
    """The first tail stays open until the second is; what both send counts once."""
    monkeypatch.setattr(tail_thread, "RENEW_SECONDS", 0.3)
    other.greetings = [event("n1")]
    tail.start()
    assert eventually(lambda: len(other.connections) >= 2)
    tail.stop()
    tail.join(10)
    everything = []
    while not tail.reports.empty():
        everything.append(tail.reports.get())
    assert len([r for r in everything if isinstance(r, Received)]) == 1
    opened = [r for r in everything if isinstance(r, Changed) and r.state is TailState.OPEN]
    assert not opened[0].unbroken and all(report.unbroken for report in opened[1:])
    assert sorted(other.closed) == [f"t{n + 1}" for n in range(len(other.opened))]


def test_the_end_that_the_api_names_comes_first(tail, other):
    expires_at = timezone.now() + timedelta(minutes=10)
    assert 500 < tail._lasts(Tail("t", "", expires_at)) < 541
    assert tail._lasts(Tail("t", "", None)) == tail_thread.RENEW_SECONDS


def test_a_tail_that_died_silently_is_opened_again_on_request(tail, other):
    tail.start()
    assert eventually(lambda: other.connections)
    states(tail, 2)
    tail.renew()
    [changed] = reports(tail, 1, Changed)
    assert changed.state is TailState.OPEN and not changed.unbroken
    assert eventually(lambda: len(other.connections) == 2)
    other.send(event("n2"))
    assert reports(tail, 1, Received)[0].invocation.event.nonce == "n2"


def test_refusals_are_reported_and_tried_again(tail, other):
    other.refusals = [
        CloudError(Kind.TAIL_FULL, "Ten viewers"),
        CloudError(Kind.OVER_BUDGET, "budget", wait=0.1),
    ]
    tail.start()
    found = reports(tail, 6, Changed)
    assert [report.state for report in found] == [
        TailState.OPENING,
        TailState.FULL,
        TailState.OPENING,
        TailState.REFUSED,
        TailState.OPENING,
        TailState.OPEN,
    ]
    assert (found[4].at - found[3].at).total_seconds() >= 0.1


def test_it_ends_while_it_waits(tail, other):
    other.refusals = [CloudError(Kind.RATE_LIMITED, "later", wait=300)]
    tail.start()
    states(tail, 2)
    tail.stop()
    tail.join(5)
    assert not tail.is_alive()


@pytest.mark.parametrize(
    ("url", "base_url"),
    [
        ("ws://127.0.0.1:{port}/x", "https://api.cloudflare.com/client/v4"),
        ("ws://127.0.0.1:2/x", API),
        ("wss://127.0.0.1:{port}/x", API),
        ("http://127.0.0.1:{port}/x", API),
        ("ws://tail.example/x", "https://api.cloudflare.com/client/v4"),
        ("wss://tail.example:22/x", "https://api.cloudflare.com/client/v4"),
        ("wss://10.0.0.1/x", "https://api.cloudflare.com/client/v4"),
        ("wss://u@127.1/x", "https://api.cloudflare.com/client/v4"),
        ("nonsense", API),
    ],
)
def test_other_addresses_are_never_connected_to(other, monkeypatch, url, base_url):
    def never(*_, **__):
        raise AssertionError("connected")

    monkeypatch.setattr(sockets.socket, "create_connection", never)
    with pytest.raises(CloudError):
        open_socket(url.format(port=other.port), base_url)
    assert other.connections == []


def test_an_unexpected_fault_does_not_end_the_thread(other, monkeypatch):
    """A tail whose thread is dead would look open for good."""
    monkeypatch.setattr(tail_thread, "RECEIVE_SECONDS", 0.02)
    faults = [KeyError("surprise")]

    def connect(url):
        if faults:
            raise faults.pop()
        return open_socket(url, API)

    thread = TailThread("shop", "sluice-probe", lambda: other, connect)
    thread._backoff.first = 0.05
    thread.start()
    assert states(thread, 4)[1:] == [TailState.REFUSED, TailState.OPENING, TailState.OPEN]
    assert other.closed == ["t1"]
    thread.stop()
    thread.join(10)
