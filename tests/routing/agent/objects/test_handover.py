"""No bucket is ever assigned to two processes, and all are, once processes behave."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from routing.agent.objects.handover import Holder, next_assignments
from routing.rules.object_assignment import Ranges, assigned_ranges, common
from routing.rules.split import TOTAL, VersionWeight

ALL: Ranges = ((0, TOTAL),)


def targets(newest: int) -> dict[str, Ranges]:
    return assigned_ranges([VersionWeight("new", newest), VersionWeight("old", TOTAL - newest)])


def holder(pid: int, version: str, ranges: Ranges | None, *, is_reachable: bool = True) -> Holder:
    return Holder(pid=pid, version_id=version, ranges=ranges, is_reachable=is_reachable)


def test_the_first_process_gets_everything() -> None:
    assert next_assignments([holder(1, "old", ())], targets(0)) == {1: ALL}


def test_a_bucket_is_closed_before_it_is_opened_elsewhere() -> None:
    old, new = holder(1, "old", ALL), holder(2, "new", ())
    assert next_assignments([old, new], targets(8_000)) == {1: ((8_000, TOTAL),)}
    closed = replace(old, ranges=((8_000, TOTAL),))
    assert next_assignments([closed, new], targets(8_000)) == {2: ((0, 8_000),)}


def test_many_buckets_move_a_part_at_a_time() -> None:
    """A part's calls wait until it is closed, not until everything is."""
    old, new = holder(1, "old", ALL), holder(2, "new", ())
    assert next_assignments([old, new], targets(TOTAL)) == {1: ((10_000, TOTAL),)}
    old = replace(old, ranges=((10_000, TOTAL),))
    assert next_assignments([old, new], targets(TOTAL)) == {
        1: ((20_000, TOTAL),),
        2: ((0, 10_000),),
    }


def test_a_process_about_which_nothing_is_known_may_have_everything() -> None:
    unknown, new = holder(1, "old", None), holder(2, "new", ())
    assert next_assignments([unknown, new], targets(TOTAL)) == {}
    assert next_assignments([new], targets(TOTAL)) == {2: ALL}


def test_a_process_that_cannot_be_reached_keeps_what_it_has() -> None:
    gone, new = holder(1, "old", ALL, is_reachable=False), holder(2, "new", ())
    assert next_assignments([gone, new], targets(TOTAL)) == {}


class Handover(RuleBasedStateMachine):
    """Processes that start, end, become unreachable, and confirm late or never; steps in between.

    `ranges` is what a process has open; the plan knows the union of that and what is in progress.
    """

    def __init__(self) -> None:
        super().__init__()
        self.ranges: dict[int, Ranges] = {}
        self.version: dict[int, str] = {}
        self.pending: dict[int, Ranges] = {}
        self.known: set[int] = set()
        self.targets = targets(0)
        self.next_pid = 1

    def holders(self) -> list[Holder]:
        return [
            holder(
                pid,
                self.version[pid],
                (*self.ranges[pid], *self.pending.get(pid, ())) if pid in self.known else None,
                is_reachable=pid not in self.pending,
            )
            for pid in self.ranges
        ]

    @rule(version=st.sampled_from(["new", "old"]), adopted=st.booleans())
    def starts(self, version: str, adopted: bool) -> None:
        if len(self.ranges) < 5:
            self.ranges[self.next_pid], self.version[self.next_pid] = (), version
            if not adopted:
                self.known.add(self.next_pid)
            self.next_pid += 1

    @rule(weight=st.integers(0, TOTAL))
    def steps(self, weight: int) -> None:
        self.targets = targets(weight)

    @rule()
    def plans(self) -> None:
        self.pending |= next_assignments(self.holders(), self.targets)

    @rule(number=st.integers(0, 4))
    def confirms(self, number: int) -> None:
        if self.pending:
            pid = sorted(self.pending)[number % len(self.pending)]
            self.ranges[pid] = self.pending.pop(pid)

    @rule(number=st.integers(0, 4))
    def ends(self, number: int) -> None:
        if self.ranges:
            pid = sorted(self.ranges)[number % len(self.ranges)]
            del self.ranges[pid]
            self.pending.pop(pid, None)

    @rule(number=st.integers(0, 4))
    def is_learned(self, number: int) -> None:
        if self.ranges:
            self.known.add(sorted(self.ranges)[number % len(self.ranges)])

    @invariant()
    def no_bucket_is_open_twice(self) -> None:
        pids = sorted(self.ranges)
        for one in pids:
            for other in pids:
                if one < other:
                    assert not common(self.ranges[one], self.ranges[other])

    def teardown(self) -> None:
        """In the end every bucket is where it belongs, as long as each version has one process."""
        self.known |= set(self.ranges)
        for version in ("new", "old"):
            for pid in [p for p in self.ranges if self.version[p] == version][1:]:
                del self.ranges[pid]
                self.pending.pop(pid, None)
        for _ in range(30):
            self.ranges |= self.pending
            self.pending = next_assignments(self.holders(), self.targets)
            self.no_bucket_is_open_twice()
        for pid, held in self.ranges.items():
            assert held == self.targets[self.version[pid]]


TestHandover = Handover.TestCase
TestHandover.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
