"""Which Workers a search means: by name, hostname, a version's tag or the start of its id."""

from __future__ import annotations

import re

from django.conf import settings
from django.db.models import OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Concat

from routing.models import Version, Worker

_ADDRESS = re.compile(r"^(?:https?://)?([^/:]*)")
_START_OF_ID = re.compile(r"[0-9a-f][0-9a-f-]{3,35}")


def matching(text: str) -> QuerySet[Worker]:
    """`by_version` is the number of the newest version that the text names, if any."""
    if not text:
        return Worker.objects.all()
    found = _versions(text)
    if found is None:
        return _named(Worker.objects.all(), text)
    newest = found.filter(worker=OuterRef("pk")).order_by("-number")
    marked = Worker.objects.annotate(by_version=Subquery(newest.values("number")[:1]))
    return _named(marked, text, Q(by_version__isnull=False))


def _named(workers: QuerySet[Worker], text: str, also: Q | None = None) -> QuerySet[Worker]:
    """By a part of the name; of the hostname only with a dot, as every one has the domain."""
    wanted = Q(name__icontains=text) | (also or Q(pk__in=()))
    address = _ADDRESS.match(text)
    if address and "." in address[1]:
        workers = workers.alias(hostname=Concat("name", Value(f".{settings.DOMAIN}")))
        wanted |= Q(hostname__icontains=address[1], subdomain_enabled=True)
    return workers.filter(wanted)


def _versions(text: str) -> QuerySet[Version] | None:
    """Those whose tag, or id, begins like this; None for a text too short to say."""
    if len(text) < 2:
        return None
    fits = Q(tag__istartswith=text)
    if _START_OF_ID.fullmatch(text.lower()):
        fits |= Q(id__startswith=text.lower())
    return Version.objects.filter(fits)
