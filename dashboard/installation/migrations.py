"""Which migrations of this code the database does not have."""

from __future__ import annotations

from django.db import connection
from django.db.migrations.loader import MigrationLoader


def unapplied() -> list[str]:
    """`app.name` of each, sorted. Those of newer code do not count: old code runs beside them.

    Raises `DatabaseError` when the database is away."""
    loader = MigrationLoader(connection)
    applied = set(loader.applied_migrations)
    replaced = {part for m in loader.graph.nodes.values() if m for part in m.replaces}
    names = set(loader.disk_migrations) - applied - replaced
    return sorted(f"{app}.{name}" for app, name in names)
