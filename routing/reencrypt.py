"""Re-encrypts every stored secret with the current key and algorithm.

Versions are written once: a database trigger rejects updates. Their secrets are the exception, as
only the ciphertext changes. The trigger is dropped and restored within one transaction, so readers
see the versions unchanged in the meantime.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import connection, models, transaction

from routing.control import revision
from routing.models import Version, Worker
from routing.secret_encryption import (
    DecryptionFailed,
    decrypt,
    encrypt,
    fingerprint,
    uses_current_key,
)

COLUMNS = (
    ("routing", "OverrideKey", "encrypted_private"),
    ("routing", "StoredSecret", "sealed"),
    ("exports", "Job", "encrypted_destination"),
    ("cloud", "CloudAccount", "encrypted_token"),
    ("cloud", "FollowedWorker", "encrypted_access_secret"),
    ("notifications", "Webhook", "sealed_url"),
    ("notifications", "Webhook", "sealed_secret"),
    ("variables", "Variable", "sealed"),
    ("rollouts", "Hook", "sealed_url"),
    ("rollouts", "Hook", "sealed_secret"),
)
"""App, model and text column."""
FACTOR_KEYS = ("secret", "seed")
"""Keys in `Authenticator.data`."""


def reencrypt_all() -> dict[str, int]:
    """The number of values re-encrypted, by column. All or nothing: raises `DecryptionFailed` when
    neither key decrypts one."""
    done: dict[str, int] = {}
    with transaction.atomic():
        revision.lock()
        for app, name, column in COLUMNS:
            done[f"{name}.{column}"] = _reencrypt_column(apps.get_model(app, name), column)
        done["Authenticator.data"] = _reencrypt_factors(apps.get_model("mfa", "Authenticator"))
        with _without_trigger(Version._meta.db_table):
            done["Version.bindings"] = _reencrypt_versions()
        if len(settings.STATE_KEYS) > 1:  # derived from SLUICE_SECRET_KEY, and the one before it
            _renew_capabilities()
    return done


def _renew_capabilities() -> None:
    """Capabilities of namespaces are derived from the key: edges get those of the current one."""
    bound = Worker.objects.filter(versions__state_bindings__isnull=False, deployments__isnull=False)
    for worker in bound.distinct():
        revision.advance(worker)


def count_outdated() -> int:
    """Values encrypted with an earlier key or algorithm."""
    count = 0
    for app, name, column in COLUMNS:
        values = apps.get_model(app, name)._default_manager.values_list(column, flat=True)
        count += sum(bool(value) and not uses_current_key(value) for value in values)
    for data in apps.get_model("mfa", "Authenticator")._default_manager.values_list("data"):
        count += sum(n in data[0] and not uses_current_key(data[0][n]) for n in FACTOR_KEYS)
    for bindings in Version.objects.values_list("bindings", flat=True).iterator():
        count += sum("sealed" in row and not uses_current_key(row["sealed"]) for row in bindings)
    return count


def count_undecryptable() -> dict[str, int]:
    """Values that no current key decrypts, by column."""
    counts: dict[str, int] = {}
    for app, name, column in COLUMNS:
        values = apps.get_model(app, name)._default_manager.values_list(column, flat=True)
        counts[f"{name}.{column}"] = sum(not _decrypts(value) for value in values if value)
    factors = apps.get_model("mfa", "Authenticator")._default_manager.values_list("data", flat=True)
    counts["Authenticator.data"] = sum(
        not _decrypts(data[name]) for data in factors for name in FACTOR_KEYS if name in data
    )
    counts["Version.bindings"] = sum(
        not _decrypts(row["sealed"])
        for bindings in Version.objects.values_list("bindings", flat=True).iterator()
        for row in bindings
        if "sealed" in row
    )
    return counts


def _decrypts(value: str) -> bool:
    try:
        decrypt(value)
    except DecryptionFailed:
        return False
    return True


def _reencrypt_column(model: type[models.Model], column: str) -> int:
    count = 0
    for row in model._default_manager.select_for_update().exclude(**{column: ""}):
        if not uses_current_key(getattr(row, column)):
            again = encrypt(decrypt(getattr(row, column)))
            count += model._default_manager.filter(pk=row.pk).update(**{column: again})
    return count


def _reencrypt_factors(model: type[models.Model]) -> int:
    count = 0
    for row in model._default_manager.select_for_update():
        data: dict[str, Any] = row.data  # type: ignore[attr-defined]
        old = [n for n in FACTOR_KEYS if n in data and not uses_current_key(data[n])]
        again = {n: encrypt(decrypt(data[n])) for n in old}
        if again:
            model._default_manager.filter(pk=row.pk).update(data=data | again)
        count += len(again)
    return count


def _reencrypt_versions() -> int:
    count = 0
    for pk, bindings in Version.objects.values_list("pk", "bindings").iterator(chunk_size=200):
        old = [row for row in bindings if "sealed" in row and not uses_current_key(row["sealed"])]
        for row in old:
            secret = decrypt(row["sealed"])
            row |= {"sealed": encrypt(secret), "fingerprint": fingerprint(secret)}
        if old:
            Version.objects.filter(pk=pk).update(bindings=bindings)
        count += len(old)
    return count


@contextmanager
def _without_trigger(table: str) -> Iterator[None]:
    """Drops the write-once trigger of migration 0002 on `table`. Call within a transaction."""
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
