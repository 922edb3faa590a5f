"""Whether balancers should send requests to this edge. Pure."""

from __future__ import annotations

from enum import StrEnum

from routing.agent.state.status import Facts


class NotReady(StrEnum):
    """no_snapshot: it has never had one. envoy: Envoy does not serve. draining: people asked for
    it. stopping: SIGTERM."""

    no_snapshot = "no_snapshot"
    envoy = "envoy"
    draining = "draining"
    stopping = "stopping"


def not_ready(facts: Facts, *, envoy_problem: str, is_stopping: bool) -> list[NotReady]:
    """Empty when it is ready. A control plane that is away is no reason: the edge serves."""
    reasons = (
        (NotReady.no_snapshot, not facts.state.applied.known),
        (NotReady.envoy, bool(envoy_problem)),
        (NotReady.draining, facts.is_draining),
        (NotReady.stopping, is_stopping),
    )
    return [reason for reason, is_so in reasons if is_so]
