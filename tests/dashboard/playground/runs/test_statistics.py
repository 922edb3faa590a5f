"""What chance allows and what was observed, against their definitions."""

from dashboard.playground.runs.report import VersionRole, grid, results_by_version, verdict
from dashboard.playground.runs.statistics import Sent, quantile, tallies

ROLES = [
    VersionRole("b" * 36, 25_000, "candidate", "Candidate"),
    VersionRole("a" * 36, 75_000, "stable", "Stable"),
]
CHANCE = {"reason": "percentage", "deployment_id": "d", "versions": ["b" * 36, "a" * 36]}


def sent(candidate, stable, status=200):
    made = [Sent(ROLES[0].id, status, 10.0, f"c{n}", deployment="d") for n in range(candidate)]
    return made + [Sent(ROLES[1].id, 200, 20.0, f"s{n}", deployment="d") for n in range(stable)]


def test_quantiles_are_values_that_occurred():
    assert quantile([], 0.5) is None
    assert [quantile([1, 2, 3, 4], p) for p in (0.25, 0.5, 0.95, 1)] == [1, 2, 4, 4]


def test_tallies_count_failures_by_version_and_name_versions_nobody_expected():
    found = tallies([*sent(2, 3, 503), Sent("", 0, 1.0, "", problem="x")], [s.id for s in ROLES])
    assert [(t.version[:1], t.count, t.failed) for t in found] == [
        ("b", 2, 2),
        ("a", 3, 0),
        ("", 1, 1),
    ]
    assert found[0].statuses == (("503", 2),) and found[2].p50 is None


def test_a_split_within_chance_matches_and_one_outside_does_not():
    found = verdict(sent(27, 73), ROLES, CHANCE)
    assert (found.tone, found.title) == ("ok", "Matches the configured 25 / 75.")
    assert "17 to 34 candidate" in found.detail
    assert verdict(sent(60, 40), ROLES, CHANCE).tone == "warn"


def test_16_of_100_at_10_percent_is_within_chance_and_so_is_its_interval():
    roles = [VersionRole("b" * 36, 10_000, "candidate", "Candidate"), ROLES[1]]
    found = verdict(sent(16, 84), roles, CHANCE)
    assert found.tone == "ok" and "5 to 16 candidate answers are within chance" in found.detail
    assert "16.0%, 95% interval 9.4% to 24.7% (exact)" in found.detail
    assert results_by_version(sent(16, 84), roles)[0].interval == "9.4% to 24.7%"
    assert verdict(sent(17, 83), roles, CHANCE).tone == "warn"


def test_a_key_that_sticks_and_an_override_that_strays():
    key = CHANCE | {"reason": "affinity", "versions": [ROLES[1].id]}
    assert (
        verdict(sent(0, 50), ROLES, key).title
        == "All 50 ran stable aaaaaaaa: the version key sticks."
    )
    strayed = verdict(sent(1, 49), ROLES, key | {"reason": "override"})
    assert strayed.tone == "danger" and strayed.title.startswith("1 of 50 did not run stable")


def test_nothing_is_judged_when_the_deployment_changed_or_nothing_answered():
    assert (
        "changed during the run"
        in verdict(sent(1, 1), ROLES, CHANCE | {"deployment_id": "e"}).title
    )
    none = verdict([Sent("", 0, 1.0, "", problem="No answer in time: x")], ROLES, CHANCE)
    assert (none.tone, none.detail) == ("danger", "No answer in time: x")


def test_the_grid_keeps_its_size_while_it_fills_and_marks_failures():
    found = grid(sent(1, 1, 500), ROLES, 100)
    assert (found.columns, found.height) == (20, 5 * 24)
    assert [m.number for m in found.failed] == [1] and "1 failed" in found.label
    assert [line.observed for line in results_by_version(sent(1, 3), ROLES)] == ["25.0%", "75.0%"]
