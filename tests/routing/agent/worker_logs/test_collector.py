"""Log levels, what is stored on disk, and that all losses are counted."""

import json
import uuid

import msgspec
import pytest

from routing.agent.base.unix_http_server import Request
from routing.agent.control_plane.client import ControlPlaneUnavailable
from routing.agent.state.state import Process
from routing.agent.users.peers import Peer
from routing.agent.worker_logs.collector import WorkerLogCollector
from routing.agent.worker_logs.rate_level import ALL, ERRORS, NOTABLE, OFF, DetailRateLimit
from routing.agent.worker_logs.shipper import FILE, WorkerLogShipper
from tests.real.uploads import upload

VERSION = upload("export default {}").version


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "log").mkdir()
    yield Clock()
    while MADE:
        MADE.pop().reopen()  # closes its file


MADE = []
OWN, STRANGER = Peer(pid=41, uid=70_001, gid=70_000), Peer(pid=42, uid=70_002, gid=70_000)


def is_version_peer(version_id, peer):
    return (version_id, peer) == (VERSION.id, OWN)


def tails(clock, per_second=100):
    process = Process(worker="shop", version=VERSION, slot=0, since=0.0)
    MADE.append(
        WorkerLogCollector(FILE, lambda: {VERSION.id: process}, is_version_peer, clock, per_second)
    )
    return MADE[-1]


def item(*logs):
    lines = [{"level": "log", "message": [line], "timestamp": 1} for line in logs]
    request = {"url": "http://shop/x", "method": "GET", "headers": {"cf-ray": "r-1"}}
    event = {"request": request, "response": {"status": 200}}
    return {"outcome": "ok", "logs": lines, "eventTimestamp": 1, "end": 2, "event": event}


def post(found, *items, version=VERSION.id, dropped=0, skipped=0, peer=OWN):
    headers = {"version": version, "dropped": str(dropped), "skipped": str(skipped)}
    lines = [(f"x-edge-{name}".encode(), value.encode()) for name, value in headers.items()]
    body = "\n".join(json.dumps(i) for i in items).encode()
    answer = found.answer(Request("POST", "/tail", lines, body, peer))
    return answer.status, dict(answer.headers).get(b"x-edge-level", b"").decode()


def written():
    return [json.loads(line) for line in FILE.read_bytes().splitlines()] if FILE.exists() else []


def test_no_process_speaks_for_another_version(clock, caplog):
    found = tails(clock)
    for peer in (STRANGER, None):
        assert post(found, item("forged"), dropped=7, peer=peer) == (403, "")
    assert post(found, item("own"))[0] == 204
    assert (found.counts.forged, found.counts.dropped, found.counts.taken) == (2, 0, 1)
    assert [row["logs"][0]["message"] for row in written()] == [["own"]]
    assert "pid=42, uid=70002" in caplog.text


def test_what_says_nothing_is_kept_only_while_somebody_looks(clock):
    found = tails(clock)
    assert post(found, item(), item("hello")) == (204, NOTABLE)
    assert [row["logs"][0]["message"] for row in written()] == [["hello"]]
    found.watched = frozenset({"shop"})
    assert post(found, item()) == (204, ALL)
    assert [("event" in row, row["keep"]) for row in written()] == [(False, True), (True, False)]


def test_a_process_that_is_none_of_ours_is_not_heard(clock):
    assert post(tails(clock), item("x"), version=str(uuid.uuid4())) == (404, "")
    assert written() == []


def test_what_does_not_fit_is_dropped_and_counted(clock):
    found = tails(clock, per_second=3)
    post(found, *[item(str(n)) for n in range(10)], dropped=5, skipped=7)
    assert len(written()) == 3 and found.counts.taken == 3
    assert (found.counts.dropped, found.counts.skipped) == (12, 7)


def test_what_cannot_be_read_is_counted(clock):
    found = tails(clock)
    headers = [(b"x-edge-version", VERSION.id.encode())]
    found.answer(Request("POST", "/tail", headers, b'{"logs": 1}\nnonsense\n', peer=OWN))
    assert found.counts.unread == 2 and written() == []


def test_a_full_disk_costs_details_and_nothing_else(clock):
    found = tails(clock)
    FILE.mkdir()
    assert post(found, item("x"))[0] == 204
    assert found.counts.dropped == 1


def test_a_busy_edge_hears_of_failures_only_and_a_calm_one_of_all_again():
    volume = DetailRateLimit(most=10)
    taken = [volume.takes(100.5) for _ in range(20)]
    assert sum(taken) == 10
    assert volume.level(100.6, watched=False) == ERRORS
    assert volume.level(100.6, watched=True) == ALL
    assert volume.level(106.0, watched=False) == NOTABLE
    for _ in range(100):
        volume.takes(107.0)
    assert volume.level(107.1, watched=False) == OFF and volume.level(107.1, watched=True) == ERRORS
    assert volume.takes(108.0)


async def test_details_are_sent_until_they_are_taken_and_never_after(clock):
    found = tails(clock)
    post(found, item("one"), item("two"), dropped=4)
    sent, away = [], [True]

    async def send(body):
        if away:
            away.pop()
            raise ControlPlaneUnavailable("not now")
        sent.append(msgspec.json.decode(body))

    shipper = WorkerLogShipper(tails=found, send=send, limit_bytes=1 << 20)
    assert shipper.pending_bytes() > 0
    assert await shipper.ship_once() and not await shipper.ship_once()
    (batch,) = sent
    assert [row["logs"][0]["message"][0] for row in batch["rows"]] == ["one", "two"]
    assert batch["dropped"] == 4 and shipper.pending_bytes() == 0
    again = WorkerLogShipper(tails=found, send=send, limit_bytes=1 << 20)
    assert not await again.ship_once()
    post(found, item("three"))
    assert await again.ship_once() and sent[-1]["dropped"] == 4 and len(sent) == 2


async def test_what_the_control_plane_calls_invalid_is_given_up_and_counted(clock):
    found = tails(clock)
    post(found, item("one"))

    async def send(body):
        raise ControlPlaneUnavailable("no", refused=True)

    shipper = WorkerLogShipper(tails=found, send=send, limit_bytes=1 << 20)
    assert await shipper.ship_once() and found.counts.dropped == 1
