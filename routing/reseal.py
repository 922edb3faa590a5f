"""Sealing everything again, with the key and the algorithm of now.

Versions are written once, and the database refuses to change them. Their secrets are the exception
here: the same values, in another box. So within one transaction the trigger is taken off and put
back; whoever reads meanwhile sees the versions as they were.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.apps import apps
from django.db import connection, models, transaction

from routing.control import revision
from routing.models import Version
from routing.secret_encryption import fingerprint, is_current, seal, unseal

COLUMNS = (
    ("routing", "OverrideKey", "encrypted_private"),
    ("exports", "Job", "sealed"),
    ("notifications", "Webhook", "sealed_url"),
    ("notifications", "Webhook", "sealed_secret"),
    ("variables", "Variable", "sealed"),
    ("rollouts", "Hook", "sealed_url"),
    ("rollouts", "Hook", "sealed_secret"),
)
"""App, model and text column."""
FACTORS = ("secret", "seed")
"""Names in the data of second factors."""


def reseal() -> dict[str, int]:
    """How many values were sealed again, by where they are. All or nothing: raises `SealBroken` for
    one that neither key opens."""
    done: dict[str, int] = {}
    with transaction.atomic():
        revision.lock()
        for app, name, column in COLUMNS:
            done[f"{name}.{column}"] = _column(apps.get_model(app, name), column)
        done["Authenticator.data"] = _factors(apps.get_model("mfa", "Authenticator"))
        with _changeable(Version._meta.db_table):
            done["Version.bindings"] = _versions()
    return done


def stale() -> int:
    """How many values an earlier key or algorithm sealed."""
    count = 0
    for app, name, column in COLUMNS:
        values = apps.get_model(app, name)._default_manager.values_list(column, flat=True)
        count += sum(bool(value) and not is_current(value) for value in values)
    for data in apps.get_model("mfa", "Authenticator")._default_manager.values_list("data"):
        count += sum(n in data[0] and not is_current(data[0][n]) for n in FACTORS)
    for bindings in Version.objects.values_list("bindings", flat=True).iterator():
        count += sum("sealed" in row and not is_current(row["sealed"]) for row in bindings)
    return count


def _column(model: type[models.Model], column: str) -> int:
    count = 0
    for row in model._default_manager.select_for_update().exclude(**{column: ""}):
        if not is_current(getattr(row, column)):
            again = seal(unseal(getattr(row, column)))
            count += model._default_manager.filter(pk=row.pk).update(**{column: again})
    return count


def _factors(model: type[models.Model]) -> int:
    count = 0
    for row in model._default_manager.select_for_update():
        data: dict[str, Any] = row.data  # type: ignore[attr-defined]
        old = [n for n in FACTORS if n in data and not is_current(data[n])]
        again = {n: seal(unseal(data[n])) for n in old}
        if again:
            model._default_manager.filter(pk=row.pk).update(data=data | again)
        count += len(again)
    return count


def _versions() -> int:
    count = 0
    for pk, bindings in Version.objects.values_list("pk", "bindings").iterator(chunk_size=200):
        old = [row for row in bindings if "sealed" in row and not is_current(row["sealed"])]
        for row in old:
            secret = unseal(row["sealed"])
            row |= {"sealed": seal(secret), "fingerprint": fingerprint(secret)}
        if old:
            Version.objects.filter(pk=pk).update(bindings=bindings)
        count += len(old)
    return count


@contextmanager
def _changeable(table: str) -> Iterator[None]:
    """Without the trigger of migration 0002 on this table, inside a transaction."""
    trigger = f"{table}_written_once"
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("ALTER TABLE " + table + " DISABLE TRIGGER " + trigger)
            yield
            cursor.execute("ALTER TABLE " + table + " ENABLE TRIGGER " + trigger)
            return
        cursor.execute("SELECT sql FROM sqlite_master WHERE name = %s", [trigger])
        (definition,) = cursor.fetchone()
        cursor.execute("DROP TRIGGER " + trigger)
        yield
        cursor.execute(definition)
