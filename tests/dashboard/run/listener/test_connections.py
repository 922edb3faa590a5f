"""Which connection is closed, and when: by a clock of the test's own."""

import pytest

from dashboard.run.listener.connections import Connections, Phase, TooMany
from dashboard.run.listener.limits import Limits, limits_for
from dashboard.run.web import KEEP_ALIVE_SECONDS

SMALL = Limits(connections=3, per_address=2)


class Clock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


class Transport:
    unsent = 0
    aborted = False

    def get_write_buffer_size(self):
        return self.unsent

    def abort(self):
        self.aborted = True


class Peer:
    waits_for_us = expired = False

    def expire(self):
        self.expired = True


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def connections(clock):
    return Connections(SMALL, clock, proxies=["10.0.0.5/32", "10.1.0.0/16"])


def add(connections, address="203.0.113.1", phase=Phase.HEAD):
    connection = connections.add(Transport(), Peer(), address)
    if phase is not Phase.HEAD:
        connections.enter(connection, phase)
    return connection


def is_over(connections, clock, connection, seconds):
    clock.now += seconds
    connections.close_overdue()
    return connection.peer.expired or connection.transport.aborted


@pytest.mark.parametrize("phase", [Phase.HEAD, Phase.DISCARD])
def test_a_head_and_the_rest_of_a_refused_body_have_fifteen_seconds(connections, clock, phase):
    connection = add(connections, phase=phase)
    assert not is_over(connections, clock, connection, 15)
    assert is_over(connections, clock, connection, 1)


def test_a_body_may_be_slow_but_not_silent(connections, clock):
    connection = add(connections, phase=Phase.BODY)
    for _ in range(100):
        connection.received += 500
        assert not is_over(connections, clock, connection, 1)
    assert not is_over(connections, clock, connection, 20)
    assert is_over(connections, clock, connection, 1)


def test_the_time_that_we_do_not_read_a_body_does_not_count(connections, clock):
    connection = add(connections, phase=Phase.BODY)
    connection.peer.waits_for_us = True
    for _ in range(3):
        assert not is_over(connections, clock, connection, 60)
    connection.peer.waits_for_us = False
    assert is_over(connections, clock, connection, 21)


def test_an_answer_takes_as_long_as_it_takes(connections, clock):
    assert not is_over(connections, clock, add(connections, phase=Phase.ANSWER), 10_000)


def test_a_connection_without_another_request_ends_after_uvicorns_own_time(connections, clock):
    connection = add(connections, phase=Phase.IDLE)
    assert not is_over(connections, clock, connection, KEEP_ALIVE_SECONDS + 1)
    assert is_over(connections, clock, connection, 15)


def test_an_answer_that_nobody_reads_ends(connections, clock):
    connection = add(connections, phase=Phase.ANSWER)
    connection.transport.unsent = 5
    assert not is_over(connections, clock, connection, 1)
    assert not is_over(connections, clock, connection, 120)
    assert is_over(connections, clock, connection, 1)
    assert connection.transport.aborted


def test_a_socket_has_time_for_its_handshake_and_then_none_to_keep(connections, clock):
    connection = add(connections, phase=Phase.SOCKET)
    assert not is_over(connections, clock, connection, 30)
    assert is_over(connections, clock, connection, 1)
    open_one = add(connections, phase=Phase.SOCKET)
    open_one.peer.waits_for_us = True
    assert not is_over(connections, clock, open_one, 10_000)


def test_when_all_places_are_taken_the_longest_wait_ends(connections):
    first, second, third = (add(connections, f"203.0.113.{n}") for n in range(3))
    connections.enter(first, Phase.ANSWER)
    connections.enter(second, Phase.IDLE)  # it waits since now, after the third
    add(connections, "203.0.113.9")
    assert third.transport.aborted and len(connections) == 3
    assert not first.transport.aborted and not second.transport.aborted


def test_what_is_being_answered_is_not_closed_for_another(connections):
    for n in range(3):
        add(connections, f"203.0.113.{n}", Phase.ANSWER)
    with pytest.raises(TooMany, match="Too many connections"):
        add(connections, "203.0.113.9")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("203.0.113.1", "203.0.113.1"),
        ("2001:db8::1", "2001:db8::2:1"),
        ("::ffff:203.0.113.1", "203.0.113.1"),
    ],
)
def test_one_address_has_few_places_and_gets_them_back(connections, one, other):
    first, _ = add(connections, one), add(connections, other)
    with pytest.raises(TooMany, match="from this address"):
        add(connections, other)
    connections.remove(first.transport)
    add(connections, other)


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "", "10.0.0.5", "10.1.2.3"])
def test_proxies_have_all_places(connections, address):
    assert [add(connections, address) for _ in range(3)]


def test_places_are_fewer_than_files():
    assert limits_for(1024, connections=4000, per_address=400).connections == 724
    assert limits_for(20_000, connections=4000, per_address=400) == Limits(
        connections=4000, per_address=400
    )
