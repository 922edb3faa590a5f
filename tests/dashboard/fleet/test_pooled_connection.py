"""A request's wait for PostgreSQL while packets are lost."""

from types import SimpleNamespace

import psycopg
import pytest

from dashboard.fleet import connection_pool, pooled_connection


@pytest.mark.parametrize(
    ("seconds", "replaced"), [(0.1, []), (pooled_connection.LOST_SECONDS, ["the pool"])]
)
def test_one_check_without_an_answer_is_enough_for_all_connections(seconds, replaced, monkeypatch):
    one = object.__new__(pooled_connection.PooledConnection)
    one._pool, one.pgconn = "the pool", SimpleNamespace(status=psycopg.pq.ConnStatus.BAD)
    given_up, now = [], iter((0.0, seconds + 0.01))

    def fail(self, *_, **__):
        raise psycopg.OperationalError("gone")

    monkeypatch.setattr(connection_pool, "replace", given_up.append)
    monkeypatch.setattr(pooled_connection.time, "monotonic", lambda: next(now))
    monkeypatch.setattr(psycopg.Connection, "execute", fail)
    with pytest.raises(psycopg.OperationalError):
        one.execute("")
    assert given_up == replaced


def test_a_request_is_answered_within_four_seconds_when_packets_are_lost():
    """A check, then an attempt to connect; TCP's user time-out also covers a query under way."""
    tcp = connection_pool.TCP
    check = tcp["tcp_user_timeout"] / 1000
    idle = tcp["keepalives_idle"] + tcp["keepalives_interval"] * tcp["keepalives_count"]
    assert max(check, connection_pool.WAIT_SECONDS, idle) <= 4
    assert tcp["connect_timeout"] < connection_pool.WAIT_SECONDS
