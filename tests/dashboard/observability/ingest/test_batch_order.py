"""Counting is exactly once, whatever happens between an edge and the control plane."""

import pytest
from hypothesis import given, settings, strategies as st

from dashboard.observability.ingest.batch_order import Verdict, classify_batch, sound


def at(lines):
    return {"public": (0, 0, lines)}


@pytest.mark.parametrize(
    ("counted", "begins", "ends", "verdict", "missing"),
    [
        ({}, at(0), at(5), Verdict.next, 0),
        (at(5), at(5), at(9), Verdict.next, 0),
        (at(5), at(0), at(5), Verdict.repeated, 0),
        (at(5), at(0), at(3), Verdict.repeated, 0),
        (at(5), at(0), at(9), Verdict.other, 0),
        (at(5), at(8), at(9), Verdict.next, 3),
        ({}, at(4), at(9), Verdict.next, 4),
    ],
)
def test_the_number_of_lines_tells_what_a_batch_is(counted, begins, ends, verdict, missing):
    found = classify_batch(counted, begins, ends)
    assert (found.verdict, found.missing) == (verdict, missing)


def test_a_place_must_go_forward():
    assert sound(at(1), at(1)) and sound({}, {})
    assert not sound(at(2), at(1))
    assert not sound(at(-1), at(1))
    assert not sound({}, at(1))


class Sides:
    """An edge's log and a control plane, with everything that can go wrong between them."""

    def __init__(self):
        self.written = self.noted = 0
        self.counted, self.total, self.missing = {}, 0, 0
        self.begin = 0

    def write(self, lines):
        self.written += lines

    def send(self, most, *, taken, heard):
        """One batch: whether the control plane counts it, and whether the edge hears that."""
        begins, end = self.begin, min(self.written, self.begin + most)
        if end == begins or not taken:
            return
        found = classify_batch(self.counted, at(begins), at(end))
        if found.verdict is Verdict.next:
            self.counted = at(end)
            self.total += end - begins
            self.missing += found.missing
        if heard:
            went_on = self.counted if found.verdict is Verdict.other else at(end)
            self.begin = max(self.begin, went_on["public"][2])
            self.noted = self.begin

    def crash(self):
        self.begin = self.noted

    def power_cut(self, back):
        """An older note is found, as if the last ones had never been written."""
        self.begin = self.noted = max(0, self.noted - back)

    def give_up(self, lines):
        self.begin = self.noted = min(self.written, self.begin + lines)


events = st.one_of(
    st.tuples(st.just("write"), st.integers(1, 50)),
    st.tuples(st.just("send"), st.integers(1, 60), st.booleans(), st.booleans()),
    st.tuples(st.just("crash")),
    st.tuples(st.just("power_cut"), st.integers(1, 80)),
    st.tuples(st.just("give_up"), st.integers(1, 30)),
)


@settings(max_examples=400)
@given(st.lists(events, max_size=40))
def test_every_line_is_counted_once_or_known_to_be_missing(story):
    sides = Sides()
    for name, *given_ in story:
        if name == "send":
            most, taken, heard = given_
            sides.send(most, taken=taken, heard=heard)
        else:
            getattr(sides, name)(*given_)
    for _ in range(200):
        sides.send(60, taken=True, heard=True)
    given_up_last = sides.written - sides.counted.get("public", (0, 0, 0))[2]
    sides.write(1)
    sides.send(60, taken=True, heard=True)
    assert sides.total + sides.missing == sides.written
    assert given_up_last >= 0
