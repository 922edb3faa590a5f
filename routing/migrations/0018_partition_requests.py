"""Single requests and console lines by day, on PostgreSQL.

A day that has passed is then dropped instead of deleted row by row. The rows of earlier releases
become the first partition. Code of an earlier release works with the partitioned tables: it inserts
into them, and deletes by id. SQLite has no partitions and stays as it is.
"""

from __future__ import annotations

from typing import Any

from django.db import migrations

TABLES = ("routing_invocation", "routing_invocationdetail")

INDEXES = """
    SELECT i.relname, pg_get_indexdef(i.oid), c.contype, pg_get_constraintdef(c.oid)
    FROM pg_index x
    JOIN pg_class i ON i.oid = x.indexrelid
    LEFT JOIN pg_constraint c ON c.conindid = x.indexrelid AND c.contype IN ('p', 'u')
    WHERE x.indrelid = %s::regclass
"""
FOREIGN_KEYS = """
    SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint
    WHERE conrelid = %s::regclass AND contype = 'f'
"""
#: The first midnight (UTC) after every row and this moment.
BOUND = """
    SELECT date_trunc('day', greatest(now(), max(started_on)) AT TIME ZONE 'UTC')
           AT TIME ZONE 'UTC' + interval '1 day'
    FROM {table}
"""


def partition(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor != "postgresql":
        return
    with schema_editor.connection.cursor() as cursor:
        for table in TABLES:
            _partition(cursor, table)


def _partition(cursor: Any, table: str) -> None:
    before = f"{table}_before"
    cursor.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
    cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    cursor.execute(BOUND.format(table=table))
    [bound] = cursor.fetchone()
    cursor.execute(INDEXES, [table])
    indexes = cursor.fetchall()
    cursor.execute(FOREIGN_KEYS, [table])
    foreign_keys = cursor.fetchall()
    for number, (name, _, kind, _) in enumerate(indexes):
        if kind:  # an index of the whole table has the partition key, so these are made again
            cursor.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
        else:
            cursor.execute(f'ALTER INDEX "{name}" RENAME TO "{before}_{number}"')
    cursor.execute(f"ALTER TABLE {table} RENAME TO {before}")
    cursor.execute(f"ALTER TABLE {before} ALTER COLUMN id DROP IDENTITY IF EXISTS")
    cursor.execute(f"ALTER TABLE {before} ALTER COLUMN id DROP DEFAULT")
    cursor.execute(
        f"CREATE TABLE {table} (LIKE {before} INCLUDING DEFAULTS INCLUDING CONSTRAINTS)"
        " PARTITION BY RANGE (started_on)"
    )
    _number(cursor, table, before)
    for name, definition, kind, constraint in indexes:
        if kind:
            with_key = constraint.rstrip(")") + ", started_on)"
            cursor.execute(f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {with_key}')
        else:
            cursor.execute(definition.replace(" ON ONLY ", " ON "))
    for name, definition in foreign_keys:
        cursor.execute(f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {definition}')
    cursor.execute(
        f"ALTER TABLE {table} ATTACH PARTITION {before} FOR VALUES FROM (MINVALUE) TO (%s)",
        [bound],
    )
    cursor.execute(f"CREATE TABLE {table}_rest PARTITION OF {table} DEFAULT")


def _number(cursor: Any, table: str, before: str) -> None:
    """Ids go on where they were. A sequence: identity columns of partitions came later."""
    sequence = f"{table}_id_seq"
    cursor.execute(f"DROP SEQUENCE IF EXISTS {sequence}")
    cursor.execute(f"CREATE SEQUENCE {sequence} AS bigint OWNED BY {table}.id")
    cursor.execute(
        f"SELECT setval('{sequence}', (SELECT coalesce(max(id), 0) + 1 FROM {before}), false)"
    )
    cursor.execute(
        f"ALTER TABLE {table} ALTER COLUMN id SET DEFAULT nextval('{sequence}'::regclass)"
    )


class Migration(migrations.Migration):
    dependencies = [("routing", "0017_add_assets")]

    operations = [migrations.RunPython(partition, migrations.RunPython.noop, elidable=False)]
