"""Which of the edges' reports speak against a version's process."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from dashboard.observability.flags.process_faults import process_reports
from tests.factories import make_edge

pytestmark = pytest.mark.django_db

BEGAN = timezone.now() - timedelta(minutes=5)


def report(state: str = "running", end: str = "", minutes: float = 1, **fields: Any) -> Any:
    """A status with one version, whose process ended so many minutes after `BEGAN`."""
    at = (BEGAN + timedelta(minutes=minutes)).isoformat()
    ended = {"kind": end, "at": at} if end else None
    return {"versions": {"v1": {"state": state, "message": "why", "end": ended, **fields}}}


def kinds(now: datetime | None = None) -> list[tuple[str, str]]:
    faults = process_reports(["v1"]).faults("v1", BEGAN, now or timezone.now())
    return [(fault.edge, fault.kind) for fault in faults]


@pytest.mark.parametrize("kind", ["crash", "hang", "memory", "start"])
def test_one_end_is_a_fault_even_when_it_runs_again(kind: str) -> None:
    make_edge("e1", status=report(end=kind, restarts=1))
    make_edge("e2", status=report())
    assert kinds() == [("e1", kind)]


@pytest.mark.parametrize(
    "status",
    [
        report(),
        report(end="crash", minutes=-1),
        report("failed", end="edge"),
        {"versions": {"v2": {"state": "hung"}}},
        {},
    ],
)
def test_what_is_no_fault_of_the_version(status: Any) -> None:
    make_edge(status=status)
    assert kinds() == []


@pytest.mark.parametrize(
    ("state", "kind"), [("failed", "start"), ("hung", "hang"), ("backoff", "crash")]
)
def test_an_agent_that_reports_no_ends_is_judged_by_the_state(state: str, kind: str) -> None:
    edge = make_edge("e1", status=report(state))
    assert kinds() == [("e1", kind)]
    assert kinds(edge.last_seen_on + timedelta(minutes=1)) == [], "a silent edge's state is old"


def test_starts_are_those_of_both_versions_since_the_share_was_deployed() -> None:
    times = [(BEGAN + timedelta(minutes=n)).isoformat() for n in (-1, 1, 2)]
    versions = {"v1": {"starts": times[:2]}, "v2": {"starts": times[2:]}, "v3": {"starts": times}}
    make_edge(status={"versions": versions})
    starts = process_reports(["v1", "v2"]).starts(BEGAN)
    assert [at.isoformat() for at in starts] == times[1:]
