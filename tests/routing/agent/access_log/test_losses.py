"""Which lines were counted, shipped, sampled out and lost: each exactly once."""

import asyncio
from pathlib import Path

import pytest

from routing.agent.access_log import shipper as ship
from routing.agent.control_plane.client import ControlPlaneUnavailable
from tests.routing.agent.access_log.shipping import Receiver, log, make_shipper, ship_all


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(ship, "jittered", lambda *_: 0)
    Path("log").mkdir()


def counted(receiver):
    return sum(row[-1] for batch in receiver.batches for row in batch["counts"])


async def test_what_is_sampled_out_is_told_apart_from_what_is_lost():
    receiver = Receiver()
    log(*(f"id-{n}" for n in range(10)))
    with open("log/public.log", "ab") as stream:
        stream.write(b"garbage\n")
    shipper = make_shipper(receiver, per_second=3)
    await ship_all(shipper)
    (batch,) = receiver.batches
    assert (len(batch["rows"]), batch["sampled_out"], batch["lost"]) == (3, 7, 1)
    assert (shipper.counts.sampled_out, shipper.counts.lost) == (7, 1)
    log("last", ts="2000000000.5")
    await ship_all(shipper)
    assert (receiver.batches[1]["sampled_out"], receiver.batches[1]["lost"]) == (0, 0)


async def test_a_batch_that_is_called_invalid_is_lost_and_the_rest_goes_on(caplog):
    receiver = Receiver(ControlPlaneUnavailable("it answered 400", refused=True))
    log("a", "b")
    shipper = make_shipper(receiver)
    await ship_all(shipper)
    log("c")
    await ship_all(shipper)
    assert receiver.ids == ["c"]
    assert receiver.batches[0]["lost"] == 2
    assert "rejected invocations" in caplog.text


async def test_while_the_control_plane_is_away_the_logs_stay_within_their_limit():
    receiver = Receiver()
    shipper = make_shipper(receiver, limit_bytes=8 * 1000)
    for n in range(100):
        log(f"id-{n}")
        await shipper.rotate()
    task = asyncio.create_task(shipper.limit_size())
    await asyncio.sleep(0.05)
    task.cancel()
    assert shipper.pending_bytes() <= 8 * 1000
    await ship_all(shipper)
    assert shipper.counts.lost == 100 - len(receiver.ids) > 0
    assert receiver.ids[-1] == "id-99"
    assert sum(batch["lost"] for batch in receiver.batches) == shipper.counts.lost


async def test_every_line_is_counted_however_few_rows_are_shipped():
    receiver = Receiver()
    log(*(f"id-{n}" for n in range(50)))
    log("inside", listener="internal")
    await ship_all(make_shipper(receiver, per_second=0))
    assert receiver.ids == [] and counted(receiver) == 51
    (batch,) = receiver.batches
    assert (batch["begins"]["public"][2], batch["ends"]["public"][2]) == (0, 50)


async def test_lines_that_were_given_up_leave_a_hole_of_their_size():
    receiver = Receiver()
    log("a")
    shipper = make_shipper(receiver, limit_bytes=1)
    await ship_all(shipper)
    log("b", "c")
    await shipper.rotate(every=True)
    log("d")
    shipper._drop()
    await ship_all(make_shipper(receiver))  # the next agent knows it, too
    first, second = receiver.batches
    assert (first["ends"]["public"][2], second["begins"]["public"][2]) == (1, 3)
    assert receiver.ids == ["a", "d"]


async def test_a_batch_in_flight_is_not_called_lost_when_its_file_is_given_up():
    sending, go = asyncio.Event(), asyncio.Event()
    receiver = Receiver()

    async def slow(body):
        sending.set()
        await go.wait()
        await receiver.send(body)

    shipper = make_shipper(receiver)
    shipper._send = slow
    log("a", "b")
    task = asyncio.create_task(shipper.ship_once())
    await sending.wait()
    await shipper.rotate(every=True)
    log("c")
    assert shipper._drop() and shipper.counts.lost == 0
    go.set()
    await task
    await ship_all(shipper)
    assert receiver.ids == ["a", "b", "c"]


async def test_what_envoy_took_along_is_told_in_the_next_batch_and_once():
    sending, go = asyncio.Event(), asyncio.Event()
    receiver = Receiver()

    async def slow(body):
        sending.set()
        await go.wait()
        await receiver.send(body)

    shipper = make_shipper(receiver)
    shipper._send = slow
    log("a")
    task = asyncio.create_task(shipper.ship_once())
    await sending.wait()
    shipper.cut()  # while a batch that does not update_snapshots it is under way
    go.set()
    await task
    for line_id in "bc":
        log(line_id)
        await ship_all(shipper)
    assert [batch["cut_off"] for batch in receiver.batches] == [False, True, False]


async def test_after_a_kill_the_first_batch_says_so():
    receiver = Receiver()
    make_shipper(receiver)  # ends without a word
    log("a")
    shipper = make_shipper(receiver)
    await ship_all(shipper)
    log("b")
    await ship_all(shipper)
    shipper.end()
    log("c")
    await ship_all(make_shipper(receiver))
    assert [batch["cut_off"] for batch in receiver.batches] == [True, False, False]


async def test_what_is_dropped_while_a_backlog_is_read_is_counted_once(monkeypatch):
    receiver = Receiver()
    shipper = make_shipper(receiver, limit_bytes=1)
    log(*(f"id-{n}" for n in range(300)))
    await shipper.rotate(every=True)
    sending = asyncio.create_task(shipper.ship_once())
    await asyncio.sleep(0)
    assert shipper._drop()
    await sending
    assert len(receiver.ids) == 300 and shipper.counts.lost == 0


async def test_lines_that_envoy_could_not_write_are_told_without_any_line_of_the_log():
    receiver = Receiver()
    shipper = make_shipper(receiver)
    shipper.ledger.lost = 12
    await ship_all(shipper)
    await ship_all(shipper)
    assert [batch["unwritten"] for batch in receiver.batches] == [12]
    log("a")
    await ship_all(shipper)
    assert [batch["unwritten"] for batch in receiver.batches] == [12, 12]
