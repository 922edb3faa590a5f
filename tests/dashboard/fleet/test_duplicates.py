from datetime import UTC, datetime, timedelta

from dashboard.fleet.duplicates import REMEMBERED, duplicates, with_report

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)


def after(*reports):
    """(instance, second) of each report."""
    stored = {}
    for instance, second in reports:
        now = NOW + timedelta(seconds=second)
        stored = with_report(stored, instance, f"host-{instance}", "192.0.2.1", now)
    return [agent.instance for agent in duplicates(stored, now)]


def test_one_agent_after_another_is_no_duplicate():
    assert after(("a", 0), ("a", 5), ("b", 6), ("b", 11), ("c", 12)) == []


def test_two_agents_that_report_in_turn_are_duplicates():
    assert after(("a", 0), ("b", 2), ("a", 5)) == ["a", "b"]
    assert after(("a", 0), ("b", 2), ("a", 5), ("b", 7), ("c", 8)) == ["a", "b"]


def test_they_are_forgotten_when_one_has_stopped():
    later = REMEMBERED.total_seconds() + 6
    assert after(("a", 0), ("b", 2), ("a", 5), ("b", 7), ("b", 7 + later)) == []
