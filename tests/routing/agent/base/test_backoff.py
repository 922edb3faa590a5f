"""How long to wait before trying again."""

from routing.agent.base.backoff import Backoff, jittered


def test_it_doubles_up_to_the_most():
    backoff = Backoff(first=0.1, most=1.0)
    assert [backoff.failed() for _ in range(6)] == [0.1, 0.2, 0.4, 0.8, 1.0, 1.0]


def test_a_free_failure_costs_nothing():
    backoff = Backoff(free=1)
    assert [backoff.failed() for _ in range(3)] == [0.0, 0.1, 0.2]


def test_health_and_success_start_it_again():
    backoff = Backoff(free=1, reset=60)
    backoff.failed(), backoff.failed()
    assert backoff.failed(after=59) == 0.2
    assert backoff.failed(after=60) == 0.0
    backoff.worked()
    assert backoff.failed() == 0.0


def test_it_never_overflows():
    backoff = Backoff()
    assert [backoff.failed() for _ in range(5000)][-1] == 30.0


def test_jitter_takes_up_to_half():
    assert (jittered(2.0, 0.0), jittered(2.0, 1.0)) == (1.0, 2.0)
