"""A consistent read of several tables that blocks no writer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction


@contextmanager
def read_transaction() -> Iterator[None]:
    """All reads inside see one state of the database; writes are not allowed.

    By default each statement in PostgreSQL sees what was committed before it; with repeatable read
    all see the state of the first (its documentation, "Transaction Isolation"). SQLite does this by
    itself; only our own transactions take the write lock when they begin. Nested in another
    transaction, that one's isolation applies.
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
