"""What people should change about an edge. Its problems are in `fleet.edge_condition`. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from packaging.version import InvalidVersion, Version

from dashboard.edges.registry.tokens import SOON
from routing.models import Edge, EdgeToken
from routing.version import VERSION


class WarningKind(StrEnum):
    #: Its agent has announced no key: secrets reach it in plaintext, and its token reads them.
    no_key = "no_key"
    plain_http = "plain_http"
    old_agent = "old_agent"
    token_ends = "token_ends"
    token_ended = "token_ended"


@dataclass(frozen=True, slots=True)
class EdgeWarning:
    """`at` is when the token ends or ended."""

    kind: WarningKind
    at: datetime | None = None


def warnings_of(
    edge: Edge, tokens: Sequence[EdgeToken], now: datetime, control_version: str = VERSION
) -> list[EdgeWarning]:
    """`tokens` of the edge that were not revoked."""
    if edge.last_seen_on is None:
        return []
    checks = (
        (WarningKind.no_key, not edge.public_key),
        (WarningKind.plain_http, edge.plain_http),
        (WarningKind.old_agent, is_older(edge.agent_version, control_version)),
    )
    warnings = [EdgeWarning(kind) for kind, applies in checks if applies]
    return warnings + _of_tokens(tokens, now)


def is_older(agent: str, control: str) -> bool:
    """Agents before 0.15 report no version."""
    try:
        return not agent or Version(agent) < Version(control)
    except InvalidVersion:
        return False


def _of_tokens(tokens: Sequence[EdgeToken], now: datetime) -> list[EdgeWarning]:
    """By the token that is valid for the longest time."""
    if not tokens or any(token.expires_at is None for token in tokens):
        return []
    ends_at = max(token.expires_at for token in tokens if token.expires_at is not None)
    if ends_at <= now:
        return [EdgeWarning(WarningKind.token_ended, ends_at)]
    return [EdgeWarning(WarningKind.token_ends, ends_at)] if ends_at - now < SOON else []
