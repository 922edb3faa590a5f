"""Two agents on one token, by the reports that carry it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

REMEMBERED = timedelta(minutes=2)
"""How long an agent that stopped reporting is remembered, and the warning shown."""
MOST = 8
"""Agents remembered of one edge."""


@dataclass(frozen=True, slots=True)
class AgentSeen:
    """One start of an agent: `host` is its machine's name, `address` where it connects from."""

    instance: str
    host: str
    address: str
    first_at: float
    last_at: float

    @property
    def place(self) -> str:
        """For people: where it runs."""
        return f"{self.host} ({self.address})" if self.host else self.address

    def as_json(self) -> dict[str, Any]:
        return {
            "host": self.host,
            "address": self.address,
            "first_at": self.first_at,
            "last_at": self.last_at,
        }


def agents_from_json(stored: Mapping[str, Mapping[str, Any]], now: datetime) -> list[AgentSeen]:
    """The agents that reported lately, the first one first."""
    oldest = (now - REMEMBERED).timestamp()
    agents = [AgentSeen(instance, **facts) for instance, facts in stored.items()]
    return sorted((a for a in agents if a.last_at > oldest), key=lambda agent: agent.first_at)


def with_report(
    stored: Mapping[str, Mapping[str, Any]],
    instance: str,
    host: str,
    address: str,
    now: datetime,
) -> dict[str, dict[str, Any]]:
    """`Edge.agents` after a report of this agent."""
    agents = {agent.instance: agent for agent in agents_from_json(stored, now)}
    at = now.timestamp()
    first_at = agents[instance].first_at if instance in agents else at
    agents[instance] = AgentSeen(instance, host, address, first_at, at)
    newest = sorted(agents.values(), key=lambda agent: agent.last_at)[-MOST:]
    return {agent.instance: agent.as_json() for agent in newest}


def duplicates(stored: Mapping[str, Mapping[str, Any]], now: datetime) -> list[AgentSeen]:
    """Agents that report at the same time; empty for one.

    An agent that replaces another starts after the last report of that one. So two are duplicates
    if one reported again after the other had started.
    """
    agents = agents_from_json(stored, now)
    return [
        agent
        for agent in agents
        if any(_overlap(agent, other) for other in agents if other is not agent)
    ]


def _overlap(one: AgentSeen, other: AgentSeen) -> bool:
    return one.first_at < other.last_at and other.first_at < one.last_at
