"""An edge whose token is in its settings (SLUICE_EDGE_TOKEN), without a join."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from dashboard.accounts.models import User
from dashboard.edges.registry.tokens import issue, revoke_all
from routing.control import audit
from routing.models import Edge


def register_edge(
    name: str,
    *,
    lasts: timedelta | None = None,
    now: datetime | None = None,
    actor: User | None = None,
) -> str:
    """Creates the edge `name`, or replaces its token and forgets its key. Returns the token, of
    which only a hash is stored."""
    now = now or timezone.now()
    with transaction.atomic():
        edge = Edge.objects.filter(name=name).first()
        if edge is None:
            edge = Edge(name=name, token_sha256=secrets.token_hex(32), created_on=now)
        edge.public_key, edge.certificate_name = "", ""
        edge.save()
        revoke_all(edge, now)
        audit.record("edge.create", name, actor=actor, source="shell", now=now)
        return issue(edge, now, now + lasts if lasts else None)
