"""The public key of an edge: announced with every request, fixed by the first one.

A token alone cannot change it. So who has a stolen token gets secrets only sealed to the edge's
key.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from dashboard.accounts.strangers.client_address import client_of
from dashboard.edges import messages
from dashboard.fleet.duplicates import agents_from_json, with_report
from routing import sealing
from routing.control import audit
from routing.models import Edge

HEADER = "Sluice-Edge-Key"
OTHER_KEY = "other key"
"""Stands for an agent with another key in `Edge.agents`."""
_RECORDED_EVERY = timedelta(seconds=5)


class KeyRefused(Exception):
    """Not the key of this edge."""

    code = "other_key"


def has_other_key(edge: Edge, headers: Mapping[str, str]) -> bool:
    """Whether the headers announce another key than the edge's."""
    return bool(edge.public_key) and headers.get(HEADER, edge.public_key) != edge.public_key


def check_key(edge: Edge, request: HttpRequest) -> None:
    """Agents of earlier releases announce none. Raises `KeyRefused`."""
    announced = request.headers.get(HEADER, "")
    if not announced or announced == edge.public_key:
        return
    if has_other_key(edge, request.headers):
        _record_stranger(edge, request)
        raise KeyRefused(messages.other_key(edge.name))
    try:
        sealing.read_public_key(announced)
    except sealing.KeyInvalid as error:
        raise KeyRefused(str(error)) from error
    with transaction.atomic():
        if Edge.objects.filter(pk=edge.pk, public_key="").update(public_key=announced):
            now = timezone.now()
            audit.record("edge.key", edge.name, actor=None, source="edge", now=now)
    edge.public_key = announced


def _record_stranger(edge: Edge, request: HttpRequest) -> None:
    """Lets the pages warn: someone else has this edge's token."""
    now = timezone.now()
    recent = {agent.instance: agent.last_at for agent in agents_from_json(edge.agents, now)}
    if now.timestamp() - recent.get(OTHER_KEY, 0) > _RECORDED_EVERY.total_seconds():
        agents = with_report(edge.agents, OTHER_KEY, "", client_of(request), now)
        Edge.objects.filter(pk=edge.pk).update(agents=agents)
