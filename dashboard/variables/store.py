"""A Worker's variables: who may use which, and how they are changed."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from dashboard.accounts.actor import Actor
from dashboard.accounts.models import Role, User
from dashboard.variables import messages
from dashboard.variables.models import Variable
from dashboard.variables.names import NAME
from routing.secret_encryption import DecryptionFailed, decrypt, encrypt
from routing.snapshot import Secret

LONGEST = 8 * 1024
MOST = 100
"""Variables of one Worker."""


def values_for(worker: str, person: User) -> tuple[dict[str, str], tuple[str, ...]]:
    """Name → value, and the values of secrets. Only operators get secrets: a Worker may echo
    them."""
    values: dict[str, str] = {}
    secrets = []
    for row in Variable.objects.filter(worker=worker):
        if not row.is_secret:
            values[row.name] = row.value
        elif person.may(Role.OPERATOR) and (value := opened(row)) is not None:
            values[row.name] = value
            secrets.append(value)
    return values, tuple(secrets)


def all_values(worker: str) -> tuple[dict[str, str], tuple[str, ...]]:
    """The same for a run of checks, which only operators can start."""
    values: dict[str, str] = {}
    secrets = []
    for row in Variable.objects.filter(worker=worker):
        value = opened(row) if row.is_secret else row.value
        if value is not None:
            values[row.name] = value
            secrets += [value] if row.is_secret else []
    return values, tuple(secrets)


def change(worker: str, name: str, value: str, by: Actor, *, secret: bool) -> str:
    """Sets a variable. Returns the reason when it cannot. The audit trail never has the value."""
    if not NAME.fullmatch(name):
        return messages.NAME_INVALID
    if len(value) > LONGEST:
        return messages.VALUE_TOO_LONG
    fields = (
        {"value": "", "sealed": encrypt(Secret(value))}
        if secret
        else {"value": value, "sealed": ""}
    )
    with transaction.atomic():
        rows = Variable.objects.select_for_update().filter(worker=worker)
        before = rows.filter(name=name).first()
        if before is None and rows.count() >= MOST:
            return messages.too_many(MOST)
        Variable.objects.update_or_create(
            worker=worker, name=name, defaults=fields | {"changed_on": by.now}
        )
        action = "variable.change" if before else "variable.create"
        described = {"name": name, "secret": secret}
        by.record(action, worker, before=_described(before) if before else None, after=described)
    return ""


def remove(worker: str, name: str, by: Actor) -> bool:
    """Removes a variable; False where there is none."""
    with transaction.atomic():
        row = Variable.objects.select_for_update().filter(worker=worker, name=name).first()
        if row is None:
            return False
        by.record("variable.delete", worker, before=_described(row))
        row.delete()
    return True


def _described(row: Variable) -> dict[str, Any]:
    """For the audit trail: never the value, which a secret may have been typed into by mistake."""
    return {"name": row.name, "secret": row.is_secret}


def opened(row: Variable) -> str | None:
    """A secret's value; None when the key has changed since: the variable counts as not set."""
    try:
        return decrypt(row.sealed).reveal()
    except DecryptionFailed:
        return None
