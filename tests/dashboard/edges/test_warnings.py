from datetime import UTC, datetime, timedelta

import pytest

from dashboard.edges.registry.tokens import SOON
from dashboard.edges.warnings import is_older, warnings_of
from routing.models import Edge, EdgeToken

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
FINE = {"last_seen_on": NOW, "public_key": "k", "agent_version": "0.15.0"}


def kinds(tokens=(), **fields):
    edge = Edge(name="e", **(FINE | fields))
    rows = [EdgeToken(expires_at=at) for at in tokens]
    return [warning.kind.value for warning in warnings_of(edge, rows, NOW, "0.15.0")]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, []),
        ({"public_key": ""}, ["no_key"]),
        ({"plain_http": True}, ["plain_http"]),
        ({"agent_version": ""}, ["old_agent"]),
        ({"agent_version": "0.14.9"}, ["old_agent"]),
        ({"last_seen_on": None, "public_key": ""}, []),
        ({"tokens": [NOW + SOON * 2]}, []),
        ({"tokens": [NOW + SOON / 2]}, ["token_ends"]),
        ({"tokens": [NOW + SOON / 2, NOW + SOON * 2]}, []),
        ({"tokens": [NOW + SOON / 2, None]}, []),
        ({"tokens": [NOW - timedelta(seconds=1)]}, ["token_ended"]),
    ],
)
def test_what_should_be_changed(fields, expected):
    assert kinds(**fields) == expected


@pytest.mark.parametrize(
    ("agent", "control", "expected"),
    [("0.15.0", "0.15.0", False), ("0.15.1", "0.15.0", False), ("0.9.0", "0.15.0", True)]
    + [("0.15.0.dev0", "0.15.0", True), ("", "0.15.0", True), ("a fork", "0.15.0", False)],
)
def test_an_older_agent_is_known_by_its_version(agent, control, expected):
    assert is_older(agent, control) is expected
