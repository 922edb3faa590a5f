"""What a bucket's pages show: one request to the state process, two queries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from django.urls import reverse

from dashboard.accounts.models import Role, User
from dashboard.accounts.permissions import Permission, permission
from dashboard.storage.client import StateRefused, StateUnavailable
from dashboard.storage.messages import state_problem
from dashboard.storage.pages.context import NamespacePage, shared
from dashboard.storage.r2.objects import HTTP_FIELDS, Object, ObjectPage, list_objects
from routing.models import StateNamespace

PER_PAGE = 100
DELIMITER = "/"


@dataclass(frozen=True, slots=True)
class Link:
    """A folder: keys that begin with its prefix."""

    name: str
    url: str


@dataclass(frozen=True, slots=True)
class ObjectRow:
    name: str
    url: str
    size: int
    uploaded_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketPage(NamespacePage):
    """One folder. `next_url` is "" on the last page; `above` are the folders around this one."""

    prefix: str
    above: tuple[Link, ...]
    folders: tuple[Link, ...]
    objects: tuple[ObjectRow, ...]
    next_url: str
    is_first: bool


@dataclass(frozen=True, slots=True)
class ObjectPageContext:
    """`name` is the last part of the key; `headers` are stored with the object."""

    namespace: StateNamespace
    object: Object
    name: str
    headers: tuple[tuple[str, str], ...]
    above: tuple[Link, ...]
    content_url: str
    can: Permission


def bucket_page(namespace: StateNamespace, user: User, prefix: str, cursor: str) -> BucketPage:
    """A state process that does not answer is a problem on the page."""
    listed, problem = ObjectPage((), (), ""), ""
    try:
        listed = list_objects(
            namespace.key, prefix=prefix, delimiter=DELIMITER, cursor=cursor, limit=PER_PAGE
        )
    except (StateUnavailable, StateRefused) as error:
        problem = state_problem(error)
    more = {"prefix": prefix, "cursor": listed.cursor}
    return BucketPage(
        **shared(namespace, user),
        prefix=prefix,
        above=_above(namespace, prefix),
        folders=tuple(
            Link(name.removeprefix(prefix), folder_url(namespace, name)) for name in listed.prefixes
        ),
        objects=tuple(_row(namespace, found, prefix) for found in listed.objects),
        next_url=f"?{urlencode(more)}" if listed.cursor else "",
        is_first=not cursor,
        problem=problem,
    )


def object_page(namespace: StateNamespace, user: User, found: Object) -> ObjectPageContext:
    prefix = found.key[: found.key.rfind(DELIMITER) + 1]
    shown = {name: field for name, field in HTTP_FIELDS.items() if name != "content-type"}
    return ObjectPageContext(
        namespace=namespace,
        object=found,
        name=found.key.removeprefix(prefix) or found.key,
        headers=tuple((n.title(), found.http[f]) for n, f in shown.items() if f in found.http),
        above=_above(namespace, prefix),
        content_url=_object_url("storage:r2-content", namespace, found.key),
        can=permission(user, Role.OPERATOR),
    )


def folder_url(namespace: StateNamespace, prefix: str) -> str:
    page = reverse("storage:r2", args=[namespace.key])
    return f"{page}?{urlencode({'prefix': prefix})}" if prefix else page


def object_url(namespace: StateNamespace, key: str) -> str:
    return _object_url("storage:r2-object", namespace, key)


def _object_url(name: str, namespace: StateNamespace, key: str) -> str:
    return f"{reverse(name, args=[namespace.key])}?{urlencode({'name': key})}"


def _above(namespace: StateNamespace, prefix: str) -> tuple[Link, ...]:
    """The folders of a prefix, from the outermost to itself."""
    links, start = [], ""
    for part in prefix.split(DELIMITER)[:-1]:
        start += part + DELIMITER
        links.append(Link(part or DELIMITER, folder_url(namespace, start)))
    return tuple(links)


def _row(namespace: StateNamespace, found: Object, prefix: str) -> ObjectRow:
    name = found.key.removeprefix(prefix)
    return ObjectRow(name, object_url(namespace, found.key), found.size, found.uploaded_at)
