"""One edge: facts, tokens, and the forms to change it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from dashboard.accounts.models import Role
from dashboard.accounts.permissions import Permission, actor_of, permission, requires
from dashboard.edges.registry import tokens
from dashboard.edges.warnings import EdgeWarning, warnings_of
from dashboard.fleet.duplicates import AgentSeen, agents_from_json
from dashboard.fleet.edge_condition import Condition, condition_of
from dashboard.times.spans import span_text
from dashboard.ui.page import page
from routing.control import edge_groups
from routing.models import Edge, EdgeToken, JoinToken, Worker, runs_in
from routing.version import VERSION

OVERLAPS = [
    (timedelta(hours=1), "1 hour"),
    (timedelta(days=1), "1 day"),
    (timedelta(days=7), "7 days"),
    (timedelta(0), "not at all"),
]
"""How long the old token stays valid."""
LISTED = 10
"""Tokens on the page, the newest first."""


@dataclass(frozen=True, slots=True)
class TokenRow:
    """`state` is valid, expired or revoked."""

    token: EdgeToken
    state: str
    ends_soon: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgePage:
    """`has_joined`: its agent renews its token by itself. `secret` is a new token, shown once;
    `problem` is of the field `wrong`."""

    edge: Edge
    condition: Condition
    warnings: list[EdgeWarning]
    tokens: list[TokenRow]
    agents: list[AgentSeen]
    clock: str
    groups: list[str]
    workers: int
    has_joined: bool
    joining: list[JoinToken]
    overlaps: list[tuple[int, str]]
    control_version: str
    can: Permission
    secret: str = ""
    problem: str = ""
    wrong: str = ""


@require_safe
def edge(request: HttpRequest, name: str) -> HttpResponse:
    return page(request, "edges/edge.html", edge_page(request, _edge(name)))


@requires(Role.ADMIN)
@never_cache
@require_POST
def rotate_token(request: HttpRequest, name: str) -> HttpResponse:
    """The page with a new token, this once. The old one ends after `overlap` seconds."""
    row, given = _edge(name), request.POST.get("overlap", "")
    seconds = {str(int(overlap.total_seconds())): overlap for overlap, _ in OVERLAPS}
    overlap = seconds.get(given, OVERLAPS[0][0])
    secret = tokens.rotate(row, actor_of(request), overlap=overlap)
    return page(request, "edges/edge.html", edge_page(request, row, secret=secret), status=201)


def edge_page(request: HttpRequest, row: Edge, **more: str) -> EdgePage:
    """The context. `more` are the fields with defaults."""
    now = timezone.now()
    listed = [_token_row(token, now) for token in row.tokens.newest_first()[:LISTED]]
    return EdgePage(
        edge=row,
        condition=condition_of(row, now),
        warnings=warnings_of(row, [t.token for t in listed if t.state != "revoked"], now),
        tokens=listed,
        agents=agents_from_json(row.agents, now),
        clock=clock_words(row.clock_offset_ms),
        groups=edge_groups.group_names(),
        workers=Worker.objects.filter(runs_in(row.group)).count(),
        has_joined=row.joins.exclude(joined_at=None).exists(),
        joining=list(JoinToken.objects.waiting(now).filter(edge=row)),
        overlaps=[(int(overlap.total_seconds()), words) for overlap, words in OVERLAPS],
        control_version=VERSION,
        can=permission(request.user, Role.ADMIN),
        **more,
    )


def clock_words(offset_ms: int | None) -> str:
    """How far the clock is off; "" if it was not measured."""
    if offset_ms is None:
        return ""
    if abs(offset_ms) < 100:
        return "within 0.1 s of the control plane's"
    direction = "ahead of" if offset_ms > 0 else "behind"
    return f"{span_text(abs(offset_ms))} {direction} the control plane's"


def _edge(name: str) -> Edge:
    return get_object_or_404(Edge, name=name)


def _token_row(token: EdgeToken, now: datetime) -> TokenRow:
    if token.revoked_at is not None:
        return TokenRow(token, "revoked", False)
    if token.expires_at is not None and token.expires_at <= now:
        return TokenRow(token, "expired", False)
    ends_soon = token.expires_at is not None and token.expires_at - now < tokens.SOON
    return TokenRow(token, "valid", ends_soon)
