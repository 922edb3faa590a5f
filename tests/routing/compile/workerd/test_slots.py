"""RPC slots for service bindings."""

from __future__ import annotations

from routing.compile.workerd.slots import slots_answer, slots_path
from routing.rules.split import TOTAL
from routing.snapshot import Snapshot
from tests.routing.compile.cases import FETCH, SUMS, make_version, make_worker

OLD, NEW = make_version(1), make_version(2, exports=(FETCH, SUMS))
SNAPSHOT = Snapshot(revision=1, workers=(make_worker("w", (NEW, 10_000), (OLD, 90_000)),))
SLOTS = {OLD.id: 0, NEW.id: 3}


def test_slots_carry_the_percentages() -> None:
    assert slots_answer(SNAPSHOT, SLOTS, slots_path("w")) == {"slots": [[3, 10_000], [0, 90_000]]}


def test_a_version_without_a_process_gets_no_calls() -> None:
    assert slots_answer(SNAPSHOT, {OLD.id: 0}, slots_path("w")) == {"slots": [[0, 90_000]]}


def test_an_entrypoint_of_one_version_keeps_the_percentages() -> None:
    answer = slots_answer(SNAPSHOT, SLOTS, slots_path("w", "Sums"))
    assert answer == {"slots": [[3, 10_000], [0, 90_000]]}


def test_nobody_answers_for_an_unknown_worker_or_entrypoint() -> None:
    for path in (slots_path("ghost"), slots_path("w", "Nope"), "/slots/", "/", "/slots/w/%ff"):
        assert slots_answer(SNAPSHOT, SLOTS, path) == {"slots": []}
    assert sum(share.weight for share in SNAPSHOT.workers[0].deployment.shares) == TOTAL
