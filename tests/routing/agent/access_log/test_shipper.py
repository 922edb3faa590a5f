"""Shipping access-log rows: files in, batches out, nothing twice by our doing, nothing lost."""

import asyncio
from pathlib import Path

import pytest

from routing.agent.access_log import shipper as ship
from routing.agent.access_log.log_rows import read
from routing.agent.access_log.read_positions import FILE as PLACES
from routing.agent.control_plane.client import ControlPlaneUnavailable, OtherPositions
from tests.routing.agent.access_log.shipping import Receiver, log, make_shipper, ship_all


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(ship, "jittered", lambda *_: 0)
    Path("log").mkdir()


async def test_rows_of_all_listeners_in_one_batch():
    receiver = Receiver()
    log("a", "b")
    log("c", listener="proof")
    log("d", listener="internal", caller="v9")
    await ship_all(make_shipper(receiver))
    assert len(receiver.batches) == 1
    assert receiver.ids == ["a", "b", "c", "d"]


async def test_a_failed_batch_comes_again_as_it_was():
    receiver = Receiver(ControlPlaneUnavailable("down"), ControlPlaneUnavailable("down"))
    log("a", "b")
    await ship_all(make_shipper(receiver))
    assert receiver.ids == ["a", "b"]


async def test_the_place_is_kept_only_after_the_rows_were_taken():
    receiver = Receiver()
    log("a")
    shipper = make_shipper(receiver)
    await ship_all(shipper)
    log("b")
    stuck = make_shipper(Receiver(*[ControlPlaneUnavailable("down")] * 1_000_000))
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(stuck.ship_once(), 0.05)
    await ship_all(make_shipper(receiver))  # the next agent
    assert receiver.ids == ["a", "b"]


async def test_batches_have_ids_of_their_own():
    receiver = Receiver()
    for _ in range(2):
        shipper = make_shipper(receiver)
        for line_id in "ab":
            log(line_id)
            await ship_all(shipper)
    assert len({batch["batch"] for batch in receiver.batches}) == 4


async def test_files_that_grow_are_rotated_and_removed_once_shipped():
    receiver = Receiver()
    shipper = make_shipper(receiver, limit_bytes=8 * 2000)
    for n in range(20):
        log(f"id-{n}")
        await shipper.rotate()
        await ship_all(shipper)
    assert receiver.ids == [f"id-{n}" for n in range(20)]
    assert shipper.reopened
    assert sorted(p.name for p in Path("log").iterdir()) == [
        "internal.log",
        "proof.log",
        "public.log",
    ]


async def test_a_damaged_place_file_ships_again_rather_than_nothing(caplog):
    receiver = Receiver()
    log("a")
    PLACES.write_bytes(b'{"public": [0')
    await ship_all(make_shipper(receiver))
    assert receiver.ids == ["a"]
    assert "shipped from their beginning" in caplog.text


async def test_where_the_control_plane_counted_further_the_agent_goes_on_there():
    receiver = Receiver()
    log("a", "b", "c")
    size = len(Path("log/public.log").read_bytes()) // 3
    there = {"public": (0, 2 * size, 2)}
    shipper = make_shipper(Receiver(OtherPositions(there)))
    await shipper.ship_once()
    shipper._send = receiver.send
    await ship_all(shipper)
    assert receiver.ids == ["c"]
    assert receiver.batches[0]["begins"]["public"] == [0, 2 * size, 2]


async def test_a_backlog_is_read_a_few_lines_at_a_turn(monkeypatch):
    """In between, the loop answers Envoy: nothing may take all lines at once."""
    sizes, turns = [], []

    def counting(lines, *given):
        sizes.append(len(lines))
        turns.append(answered)
        return read(lines, *given)

    answered = 0

    async def answer():
        nonlocal answered
        while True:
            answered += 1
            await asyncio.sleep(0)

    monkeypatch.setattr(ship, "read", counting)
    receiver = Receiver()
    shipper = make_shipper(receiver)
    log(*(f"id-{n}" for n in range(950)))
    other = asyncio.create_task(answer())
    assert await shipper.ship_once() == 950
    other.cancel()
    assert max(sizes) == ship.LINES_A_TURN and sum(sizes) == 950
    assert turns == sorted(set(turns)), "the other task had a turn between any two"
    assert len(receiver.ids) == 950


async def test_a_disk_that_is_full_stops_no_shipping(monkeypatch):
    receiver = Receiver()
    shipper = make_shipper(receiver)

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("routing.agent.base.edge_folder.write", full)
    log("a")
    await ship_all(shipper)
    log("b")
    await ship_all(shipper)
    assert receiver.ids == ["a", "b"]
