"""What the pages of a KV namespace show."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlencode

from django.urls import reverse

from dashboard.accounts.models import Role, User
from dashboard.accounts.permissions import Permission, permission
from dashboard.storage import kv, messages
from dashboard.storage.bound_workers import workers_of
from dashboard.storage.client import StateRefused, StateUnavailable
from dashboard.storage.kv import Key
from dashboard.storage.pages.context import NamespacePage, shared
from dashboard.storage.pages.value_form import ValueForm
from routing.models import StateNamespace

PER_PAGE = 50
MOST_EDITED = 64 * 1024
"""Bytes of a value that the page shows; larger ones are downloaded."""


@dataclass(frozen=True, slots=True)
class KeyRow:
    name: str
    url: str
    expires_at: datetime | None
    metadata: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeysPage(NamespacePage):
    """`next_url` is "" on the last page."""

    rows: tuple[KeyRow, ...]
    prefix: str
    next_url: str
    is_first: bool


@dataclass(frozen=True, slots=True)
class ValuePage:
    """`is_new`: a key that is to be created. `size` in bytes; `is_text`: it can be edited here.
    `wrong` is the field at fault, with `problem`."""

    namespace: StateNamespace
    form: ValueForm
    is_new: bool
    size: int
    is_text: bool
    expires_at: datetime | None
    workers: tuple[str, ...]
    can: Permission
    problem: str = ""
    wrong: str = ""


def keys_page(namespace: StateNamespace, user: User, prefix: str, cursor: str) -> KeysPage:
    """A state process that does not answer is a problem on the page."""
    listed, problem = kv.KeyPage((), ""), ""
    try:
        listed = kv.list_keys(namespace.key, prefix=prefix, limit=PER_PAGE, cursor=cursor)
    except (StateUnavailable, StateRefused) as error:
        problem = messages.state_problem(error)
    more = {"prefix": prefix, "cursor": listed.cursor}
    return KeysPage(
        **shared(namespace, user),
        rows=tuple(_row(namespace, key) for key in listed.keys),
        prefix=prefix,
        next_url=f"?{urlencode(more)}" if listed.cursor else "",
        is_first=not cursor,
        problem=problem,
    )


def new_value_page(namespace: StateNamespace, user: User) -> ValuePage:
    return _page(namespace, user, ValueForm(), is_new=True)


def value_page(namespace: StateNamespace, user: User, name: str) -> ValuePage:
    """Raises `KeyNotFound`, `StateUnavailable` or `StateRefused`."""
    found = kv.find_key(namespace.key, name)
    value = kv.get(namespace.key, name)
    text = _text(value.content)
    metadata = "" if found.metadata is None else json.dumps(found.metadata, ensure_ascii=False)
    form = ValueForm(name, text or "", metadata, keep_expiration=found.expiration is not None)
    return _page(
        namespace,
        user,
        form,
        size=len(value.content),
        is_text=text is not None,
        expires_at=_moment(found),
    )


def rejected_page(
    namespace: StateNamespace,
    user: User,
    form: ValueForm,
    problem: str,
    wrong: str,
    *,
    is_new: bool,
) -> ValuePage:
    return _page(namespace, user, form, is_new=is_new, problem=problem, wrong=wrong)


def value_url(namespace: StateNamespace, name: str) -> str:
    return f"{reverse('storage:kv-value', args=[namespace.key])}?{urlencode({'name': name})}"


def _page(
    namespace: StateNamespace,
    user: User,
    form: ValueForm,
    *,
    is_new: bool = False,
    size: int = 0,
    is_text: bool = True,
    expires_at: datetime | None = None,
    problem: str = "",
    wrong: str = "",
) -> ValuePage:
    return ValuePage(
        namespace=namespace,
        form=form,
        is_new=is_new,
        size=size,
        is_text=is_text,
        expires_at=expires_at,
        workers=workers_of(namespace),
        can=permission(user, Role.OPERATOR),
        problem=problem,
        wrong=wrong,
    )


def _row(namespace: StateNamespace, key: Key) -> KeyRow:
    metadata = "" if key.metadata is None else json.dumps(key.metadata, ensure_ascii=False)
    return KeyRow(key.name, value_url(namespace, key.name), _moment(key), metadata)


def _moment(key: Key) -> datetime | None:
    return datetime.fromtimestamp(key.expiration, UTC) if key.expiration is not None else None


def _text(content: bytes) -> str | None:
    """None if the page cannot show it, or a form would change it."""
    if len(content) > MOST_EDITED:
        return None
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return None
    return None if "\r" in text or "\0" in text else text
