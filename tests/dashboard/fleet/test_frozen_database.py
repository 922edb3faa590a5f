"""A PostgreSQL that is frozen, as a paused container is: requests end, and later ones work."""

import threading
import time

import pytest
from django.db import OperationalError
from django.db.backends.postgresql.base import DatabaseWrapper

from dashboard.fleet import connection_pool, pooled_connection
from tests.dashboard.fleet.test_connection_pool import pooled_wrapper
from tests.stores import postgresql_server

ENDS_WITHIN = 20.0
"""Much longer than it takes, and much shorter than for ever."""


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with postgresql_server(tmp_path_factory.mktemp("postgresql")) as server:
        yield server


@pytest.fixture
def wrapper(monkeypatch, server, django_db_blocker):
    monkeypatch.setattr(DatabaseWrapper, "_connection_pools", {})
    monkeypatch.setattr(pooled_connection, "_lost_at", float("-inf"))
    with django_db_blocker.unblock():
        yield pooled_wrapper(int(server.url.rsplit(":", 1)[1].split("/")[0]), "postgres", "sluice")


def query(wrapper, sql="SELECT 1"):
    try:
        with wrapper.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchall()
    finally:
        wrapper.close()


def test_a_request_begins_while_the_server_is_frozen(wrapper, server):
    assert query(wrapper) == [(1,)]
    with server.frozen():
        for _ in range(2):
            began = time.monotonic()
            with pytest.raises(OperationalError):
                query(wrapper)
            assert time.monotonic() - began < ENDS_WITHIN
    until_it_answers(wrapper)


def test_a_query_under_way_ends(wrapper, server):
    wrapper.inc_thread_sharing()
    failed = []

    def run():
        try:
            query(wrapper, "SELECT pg_sleep(600)")
        except OperationalError as error:
            failed.append(str(error))

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    time.sleep(0.5)
    with server.frozen():
        thread.join(ENDS_WITHIN)
    assert failed == ["PostgreSQL does not answer"]


def test_a_slow_query_on_a_server_that_answers_goes_through(wrapper, monkeypatch):
    monkeypatch.setattr(connection_pool, "SILENT_SECONDS", 0.2)
    assert query(wrapper, "SELECT 7 FROM pg_sleep(1)") == [(7,)]


def until_it_answers(wrapper):
    deadline = time.monotonic() + ENDS_WITHIN
    while True:
        try:
            assert query(wrapper) == [(1,)]
            return
        except OperationalError:
            assert time.monotonic() < deadline
            time.sleep(0.2)
