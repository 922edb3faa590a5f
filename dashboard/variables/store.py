"""A Worker's variables: who may use which, and how they are changed."""

from __future__ import annotations

from django.utils import timezone

from dashboard.accounts.models import Role, User
from dashboard.variables.models import Variable
from dashboard.variables.names import NAME
from routing.sealed import SealBroken, seal, unseal
from routing.snapshot import Secret

LONGEST = 8 * 1024


def values_for(worker: str, person: User) -> tuple[dict[str, str], tuple[str, ...]]:
    """Name → value, and which values are secrets. Secrets are for those who may act: a Worker
    that answers with what it was sent would show them."""
    values: dict[str, str] = {}
    secrets = []
    for row in Variable.objects.filter(worker=worker):
        if not row.is_secret:
            values[row.name] = row.value
        elif person.may(Role.OPERATOR) and (opened := _opened(row)) is not None:
            values[row.name] = opened
            secrets.append(opened)
    return values, tuple(secrets)


def all_values(worker: str) -> tuple[dict[str, str], tuple[str, ...]]:
    """The same for a run of checks, which only those who may act can start."""
    values: dict[str, str] = {}
    secrets = []
    for row in Variable.objects.filter(worker=worker):
        value = _opened(row) if row.is_secret else row.value
        if value is not None:
            values[row.name] = value
            secrets += [value] if row.is_secret else []
    return values, tuple(secrets)


def change(worker: str, name: str, value: str, *, secret: bool) -> str:
    """Sets a variable; returns why it was not, or nothing."""
    if not NAME.fullmatch(name):
        return "A name holds letters, digits and _, and starts with no digit."
    if len(value) > LONGEST:
        return "A value has at most 8 KB."
    kept = (
        {"value": "", "sealed": seal(Secret(value))} if secret else {"value": value, "sealed": ""}
    )
    Variable.objects.update_or_create(
        worker=worker, name=name, defaults=kept | {"changed_on": timezone.now()}
    )
    return ""


def _opened(row: Variable) -> str | None:
    """None when the key has changed since: the variable counts as not set."""
    try:
        return unseal(row.sealed).reveal()
    except SealBroken:
        return None
