"""Lines that Envoy logged against lines on disk."""

import pytest

from routing.agent.loss.ledger import Ledger, Logged


def look(ledger, logged, on_disk, *, later=None, started_at=100.0):
    return ledger.look(
        Logged(logged, 0, started_at), on_disk, Logged(later or logged, 0, started_at)
    )


def test_nothing_is_lost_where_everything_is_on_disk():
    ledger = Ledger()
    assert [look(ledger, n, n) for n in (0, 10, 25)] == [0, 0, 0]


def test_lines_that_were_not_written_are_lost_once():
    ledger = Ledger()
    assert [look(ledger, 10, 10), look(ledger, 30, 12), look(ledger, 31, 13)] == [0, 18, 0]
    assert ledger.lost == 18


def test_under_load_it_is_a_lower_bound_and_exact_in_the_next_pause():
    ledger = Ledger()
    assert look(ledger, 30, 25, later=40) == 5
    assert look(ledger, 40, 30) == 5


def test_the_next_envoy_begins_where_the_last_one_ended():
    ledger = Ledger()
    look(ledger, 30, 20)
    ledger.ended(20, at=200.0)
    assert look(ledger, 7, 22, started_at=201.0) == 5
    assert ledger.lost == 15


def test_an_agent_that_starts_again_goes_on_with_the_same_envoy():
    ledger = Ledger()
    look(ledger, 30, 20)
    assert look(ledger, 40, 25, started_at=106.0) == 5  # its age is up to five seconds old


@pytest.mark.parametrize("started_at", [500.0, 100.5])
def test_an_envoy_nobody_saw_begin_has_lost_nothing_yet(started_at):
    ledger = Ledger()
    look(ledger, 30, 30)
    assert look(ledger, 20, 35, started_at=started_at) == 0
    assert look(ledger, 25, 36, started_at=started_at) == 4


def test_an_envoy_that_is_older_than_the_end_of_the_last_one_was_not_expected():
    ledger = Ledger()
    ledger.ended(0, at=900.0)
    assert look(ledger, 5000, 3) == 0


def test_lines_of_another_writer_are_never_a_loss_of_ours():
    ledger = Ledger()
    assert look(ledger, 10, 1000) == 0
    assert look(ledger, 12, 1001) == 1
