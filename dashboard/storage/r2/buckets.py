"""Creates and deletes R2 buckets. A bucket's name is also its id."""

from __future__ import annotations

import re

from dashboard.accounts.actor import Actor
from dashboard.storage import messages, namespaces
from dashboard.storage.client import state_client
from dashboard.storage.namespaces import NamespaceRefused
from dashboard.storage.r2.objects import KIND, is_empty
from routing.models import StateNamespace

NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{1,61})[a-z0-9]")


class BucketNotEmpty(Exception):
    """It has objects, which must be deleted first."""


def create(name: str, by: Actor) -> StateNamespace:
    """An empty bucket. Raises `NamespaceRefused`, `StateRefused` and `StateUnavailable`."""
    if not NAME.fullmatch(name):
        raise NamespaceRefused("name", messages.BUCKET_NAME)
    state_client().create(KIND, name)
    return namespaces.create(KIND, name, by, key=name, taken=messages.BUCKET_EXISTS)


def delete(bucket: StateNamespace, by: Actor) -> None:
    """Raises `BucketNotEmpty`, `StateUnavailable` or `StateRefused`."""
    if not is_empty(bucket.key):
        raise BucketNotEmpty(messages.bucket_not_empty(bucket.title))
    namespaces.delete(bucket, by)
