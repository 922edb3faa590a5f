"""Databases: create, find; their sizes."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass

from dashboard.accounts.actor import Actor
from dashboard.storage import namespaces
from dashboard.storage.client import StateRefused, StateUnavailable
from dashboard.storage.d1 import messages
from dashboard.storage.d1.query import KIND, post_json
from dashboard.storage.namespaces import NamespaceRefused
from routing.models import StateNamespace

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_LONGEST_SQL = 2000


@dataclass(frozen=True, slots=True)
class Size:
    file_size: int
    num_tables: int


def create(name: str, by: Actor) -> StateNamespace:
    """An empty database. Raises `NamespaceRefused`."""
    if not _NAME.fullmatch(name):
        raise NamespaceRefused("name", messages.NAME_INVALID)
    key, taken = str(uuid.uuid4()), messages.name_taken(name)
    return namespaces.create(KIND, name, by, key=key, taken=taken)


def find(name_or_id: str) -> StateNamespace | None:
    """By id, else by name."""
    databases = StateNamespace.objects.filter(kind=KIND)
    return (
        databases.filter(key=name_or_id.lower()).first()
        or databases.filter(title=name_or_id).first()
    )


def size_of(database: StateNamespace) -> Size | None:
    """None while the state process does not answer, or refuses."""
    try:
        answer = post_json(database.key, "/info", None)
    except (StateRefused, StateUnavailable):
        return None
    return Size(answer["file_size"], answer["num_tables"])


def record_query(database: StateNamespace, sql: str, changes: int, by: Actor) -> None:
    """A change by a person, in the audit trail."""
    namespaces.record_change("query", database, by, sql=sql[:_LONGEST_SQL], changes=changes)
