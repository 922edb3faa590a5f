"""Which Workers a search means: by name, hostname, a version's tag or the start of its id; with
`group:NAME`, only those that run in that group of edges."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from django.conf import settings
from django.db.models import Max, Q, QuerySet, Value
from django.db.models.functions import Concat

from routing.models import Version, Worker, runs_in

_ADDRESS = re.compile(r"^(?:https?://)?([^/:]*)")
_GROUP = re.compile(r"(?:^|(?<=\s))group:(\S+)")
_START_OF_ID = re.compile(r"[0-9a-f][0-9a-f-]{3,35}")


@dataclass(frozen=True, slots=True)
class SearchResult:
    """`by_version`: a Worker's key → the number of its newest version that the text names."""

    workers: QuerySet[Worker]
    by_version: Mapping[int, int] = field(default_factory=dict)


def search_workers(text: str) -> SearchResult:
    """What a search for `text` finds; all Workers where it is empty."""
    if group := _GROUP.search(text):
        rest = search_workers((text[: group.start()] + text[group.end() :]).strip())
        return SearchResult(rest.workers.filter(runs_in(group[1])), rest.by_version)
    if not text:
        return SearchResult(Worker.objects.all())
    versions = _versions(text)
    newest = versions.values_list("worker").annotate(newest=Max("number"))
    return SearchResult(_named(text, versions), dict(newest))


def _named(text: str, versions: QuerySet[Version]) -> QuerySet[Worker]:
    """By a part of the name; of the hostname only with a dot, as every one has the domain."""
    matches = Q(name__icontains=text) | Q(pk__in=versions.values("worker"))
    workers = Worker.objects.all()
    address = _ADDRESS.match(text)
    if address and "." in address[1]:
        workers = workers.alias(hostname=Concat("name", Value(f".{settings.DOMAIN}")))
        matches |= Q(hostname__icontains=address[1], subdomain_enabled=True)
    return workers.filter(matches)


def _versions(text: str) -> QuerySet[Version]:
    """Versions whose tag or id begins with `text`; none for less than two characters."""
    if len(text) < 2:
        return Version.objects.none()
    fits = Q(tag__istartswith=text)
    if _START_OF_ID.fullmatch(text.lower()):
        fits |= Q(id__startswith=text.lower())
    return Version.objects.filter(fits).order_by()
