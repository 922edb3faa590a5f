"""Reading many tables as of one moment, without keeping anybody from writing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction


@contextmanager
def read_transaction() -> Iterator[None]:
    """Everything read inside belongs to one state of the database; nothing may be written.

    PostgreSQL by default shows each statement what was committed just before it; repeatable read
    keeps to the first one's state (its documentation, "Transaction Isolation"). SQLite keeps to one
    state by itself, and only our own transactions take the write lock when they begin.
    Inside another transaction, that one decides.
    """
    if connection.in_atomic_block:
        yield
    elif connection.vendor == "sqlite":
        with _without_write_lock(), transaction.atomic():
            yield
    else:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield


@contextmanager
def _without_write_lock() -> Iterator[None]:
    """Transactions of this thread begin with BEGIN DEFERRED."""
    sqlite: Any = connection  # this attribute is SQLite's own
    sqlite.ensure_connection()
    usual, sqlite.transaction_mode = sqlite.transaction_mode, "DEFERRED"
    try:
        yield
    finally:
        sqlite.transaction_mode = usual
