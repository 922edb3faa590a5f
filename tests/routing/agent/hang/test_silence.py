"""When a process that does not answer is hung."""

import pytest

from routing.agent.hang.silence import LEAST_SHARE, Silence


def steps_until_hung(elapsed, cpu_wait, *, limit=4.0, step=0.25):
    silence = Silence(limit, step)
    for number in range(1, 10_000):
        if silence.waited(elapsed, cpu_wait):
            return number
    raise AssertionError("never hung")


def test_a_process_that_has_a_cpu_and_does_not_answer_is_hung_in_time():
    assert steps_until_hung(0.25, 0.0) == 16


def test_an_answer_starts_the_count_again():
    silence = Silence(limit=1.0, step=0.5)
    assert not silence.waited(0.5)
    silence.heard()
    assert not silence.waited(0.5)
    assert silence.waited(0.5)


def test_a_watchdog_that_did_not_run_for_a_minute_has_seen_one_step():
    silence = Silence(limit=4.0, step=0.25)
    assert not silence.waited(60.0)
    assert silence.counted == 0.25


@pytest.mark.parametrize(("cpu_wait", "steps"), [(0.125, 32), (0.2, 80), (0.25, 128)])
def test_time_without_a_cpu_does_not_count_but_for_an_eighth(cpu_wait, steps):
    assert steps_until_hung(0.25, cpu_wait) == pytest.approx(steps, abs=1)
    assert LEAST_SHARE == 1 / 8


def test_a_late_step_of_a_starved_process_counts_only_its_own_share():
    silence = Silence(limit=4.0, step=0.25)
    silence.waited(10.0, 9.0)
    assert silence.counted == pytest.approx(0.25 * LEAST_SHARE)


@pytest.mark.parametrize(("elapsed", "cpu_wait"), [(0.0, 0.0), (0.0, 1.0), (0.1, 99.0), (0.1, -1)])
def test_odd_clocks_do_no_harm(elapsed, cpu_wait):
    silence = Silence(limit=4.0, step=0.25)
    silence.waited(elapsed, cpu_wait)
    assert 0.0 <= silence.counted <= 0.25
