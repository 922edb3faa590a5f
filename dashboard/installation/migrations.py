"""Migrations of this code that the database does not have."""

from __future__ import annotations

from django.core.management import call_command
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


def apply_missing() -> tuple[str, ...]:
    """Migrates the database if it has to be. Returns `app.name` of what was missing."""
    missing = tuple(unapplied())
    if missing:
        call_command("migrate", verbosity=0, interactive=False)
    return missing
