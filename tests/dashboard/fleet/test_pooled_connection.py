"""A request's wait for PostgreSQL while packets are lost."""

from types import SimpleNamespace

import psycopg
import pytest

from dashboard.fleet import connection_pool, pooled_connection
from dashboard.fleet.pooled_connection import LOST_SECONDS, QUIET_SECONDS, PooledConnection


@pytest.fixture
def server(monkeypatch):
    """Fails every attempt, after `seconds`."""
    state = SimpleNamespace(now=100.0, seconds=0.0, attempts=0, replaced=[])

    def fail(*_, **__):
        state.attempts += 1
        state.now += state.seconds
        raise psycopg.OperationalError("gone")

    monkeypatch.setattr(psycopg.Connection, "execute", fail)
    monkeypatch.setattr(psycopg.Connection, "connect", fail)
    monkeypatch.setattr(pooled_connection.time, "monotonic", lambda: state.now)
    monkeypatch.setattr(pooled_connection, "_lost_at", float("-inf"))
    monkeypatch.setattr(connection_pool, "replace", state.replaced.append)
    return state


@pytest.mark.parametrize(("seconds", "replaced"), [(0.1, []), (LOST_SECONDS, ["the pool"])])
def test_one_check_without_an_answer_is_enough_for_all_connections(server, seconds, replaced):
    one = object.__new__(PooledConnection)
    one._pool, one.pgconn = "the pool", SimpleNamespace(status=psycopg.pq.ConnStatus.BAD)
    server.seconds = seconds
    with pytest.raises(psycopg.OperationalError):
        one.execute("")
    assert server.replaced == replaced


@pytest.mark.parametrize(("seconds", "attempts"), [(0.1, 2), (LOST_SECONDS, 1)])
def test_the_next_connection_does_not_wait_for_a_server_that_did_not_answer(
    server, seconds, attempts
):
    server.seconds = seconds
    for _ in range(2):
        with pytest.raises(psycopg.OperationalError):
            PooledConnection.connect("dbname=x")
    assert server.attempts == attempts
    server.now += QUIET_SECONDS
    with pytest.raises(psycopg.OperationalError):
        PooledConnection.connect("dbname=x")
    assert server.attempts == attempts + 1


def test_a_request_is_answered_within_four_seconds_when_packets_are_lost():
    """A check, then an attempt to connect; TCP's user time-out also covers a query under way."""
    tcp = connection_pool.TCP
    check = tcp["tcp_user_timeout"] / 1000
    idle = tcp["keepalives_idle"] + tcp["keepalives_interval"] * tcp["keepalives_count"]
    assert max(check, connection_pool.WAIT_SECONDS, idle) <= 4
    assert tcp["connect_timeout"] < connection_pool.WAIT_SECONDS
