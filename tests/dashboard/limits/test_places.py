"""So many at once for one person, and what another one still gets."""

import threading

import pytest

from dashboard.limits.places import NoPlace, Places


def test_one_persons_places_leave_those_of_others():
    places = Places(each=2, total=10)
    places.take("ann")
    places.take("ann")
    with pytest.raises(NoPlace) as refused:
        places.take("ann")
    assert refused.value.own
    with places.place("bob"):
        pass
    places.give_back("ann")
    places.take("ann")


def test_in_all_there_are_no_more_than_the_total():
    places = Places(each=2, total=2)
    places.take("ann")
    places.take("bob")
    with pytest.raises(NoPlace) as refused:
        places.take("carol")
    assert not refused.value.own


def test_who_waits_gets_the_next_place_and_the_queue_is_bounded():
    places = Places(each=1, total=9, queue=1, wait_seconds=60)
    places.take("ann")
    entered, done = threading.Event(), threading.Event()

    def later():
        with places.place("ann"):
            entered.set()
            done.wait(60)

    waiting = threading.Thread(target=later)
    waiting.start()
    while places.taken() < 2:
        pass
    with pytest.raises(NoPlace):
        places.take("ann")
    assert not entered.is_set()
    places.give_back("ann")
    assert entered.wait(60)
    done.set()
    waiting.join(60)
    assert places.taken() == 0


def test_who_waits_too_long_is_refused():
    places = Places(each=1, total=9, queue=1, wait_seconds=0.01)
    places.take("ann")
    with pytest.raises(NoPlace):
        places.take("ann")
    assert places.taken() == 1
