"""Checks of the edges, by what they reported last."""

from __future__ import annotations

from collections.abc import Iterable

from dashboard.fleet.edge_condition import conditions
from dashboard.installation.doctor.findings import Finding, error, warning
from routing.models import Edge

SERIOUS = ("edge_silent", "edge_two_agents")


def edges() -> Iterable[Finding]:
    """One finding for each problem of an edge; one for all of them without any."""
    findings = [*_problems(), *_plain_http()]
    yield from findings or [Finding("edges", facts={"count": Edge.objects.count()})]


def _problems() -> Iterable[Finding]:
    for condition in conditions():
        facts = {
            "edge": condition.edge,
            "seconds": f"{(condition.clock_off_ms or 0) / 1000:+.1f}",
            "places": ", ".join(condition.shared_by),
        }
        for reason in condition.reasons:
            yield (error if reason in SERIOUS else warning)("edges", reason, **facts)


def _plain_http() -> Iterable[Finding]:
    for name in Edge.objects.filter(plain_http=True).values_list("name", flat=True):
        yield warning("edges", "plain_http", edge=name)
