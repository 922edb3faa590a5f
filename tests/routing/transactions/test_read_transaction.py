"""A consistent read that blocks no writer."""

import sqlite3
import threading

import pytest
from django.db import connection

from routing.control import revision
from routing.control.publish import publish
from routing.transactions.read_transaction import read_transaction
from tests.factories import make_deployment, make_worker

pytestmark = pytest.mark.django_db(transaction=True)


def elsewhere(work):
    """In a thread with a connection of its own, to its end."""
    failed = []

    def run():
        try:
            work()
        except Exception as error:  # noqa: BLE001 - asserted below
            failed.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(20)
    assert not failed, failed


def test_what_is_committed_meanwhile_is_not_seen_and_not_held_up():
    worker = make_worker()
    first = make_deployment(worker)
    with read_transaction():
        assert revision.current() == first.revision
        elsewhere(lambda: make_deployment(worker))  # would wait for a write lock of ours
        assert revision.current() == first.revision
        assert worker.deployments.count() == 1
    assert revision.current() == first.revision + 1
    assert worker.deployments.count() == 2


def test_publishing_waits_for_no_writer():
    make_deployment(make_worker())
    if connection.vendor != "sqlite":
        pytest.skip("only SQLite has one lock for all writers")
    other = sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)
    connection.cursor().execute("PRAGMA busy_timeout=50")
    other.execute("BEGIN IMMEDIATE")
    try:
        assert [w.name for w in publish().workers] == ["shop"]
    finally:
        other.execute("ROLLBACK")
        other.close()
        connection.close()


def test_later_transactions_take_their_lock_again():
    with read_transaction():
        revision.current()
    assert make_deployment(make_worker()).revision == 1
