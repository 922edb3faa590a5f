"""A burst at once, then one every interval; a refusal consumes nothing."""

from hypothesis import given, strategies as st

from routing.gcra import consume


def test_a_burst_then_one_every_interval():
    backlog, granted = 0.0, 0
    for _ in range(5):
        wait, backlog = consume(backlog, interval=2.0, burst=3)
        granted += not wait
    assert (granted, wait, backlog) == (3, 2.0, 6.0)
    assert consume(backlog - 2.0, interval=2.0, burst=3) == (0.0, 6.0)
    assert consume(-100.0, interval=2.0, burst=3) == (0.0, 2.0), "idle time saves up nothing"


def test_more_than_a_burst_passes_only_without_backlog():
    assert consume(0.0, interval=1.0, burst=2, cost=5) == (0.0, 5.0)
    assert consume(0.5, interval=1.0, burst=2, cost=5) == (3.5, 0.5)


@given(st.lists(st.floats(0, 5), max_size=80), st.integers(1, 10), st.floats(0.01, 3))
def test_never_more_than_a_burst_and_the_rate(pauses, burst, interval):
    backlog, granted = 0.0, 0
    for pause in pauses:
        wait, backlog = consume(backlog - pause, interval=interval, burst=burst)
        granted += not wait
    assert granted <= burst + sum(pauses) / interval + 1e-3
