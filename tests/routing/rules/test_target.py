"""One Worker as the decider sees it."""

import pytest

from routing.rules.override import Outcome
from routing.rules.split import VersionWeight
from routing.rules.target import Target

TARGET = Target(
    worker="w",
    deployment_id="d",
    shares=(VersionWeight("new", 0), VersionWeight("old", 100_000)),
    other_versions=frozenset({"older"}),
    pending=frozenset({"newest"}),
    foreign={"theirs": "other-worker"},
)


@pytest.mark.parametrize(
    ("version_id", "outcome"),
    [
        ("new", Outcome.applied),
        ("old", Outcome.applied),
        ("older", Outcome.not_in_deployment),
        ("newest", Outcome.not_propagated),
        ("theirs", Outcome.unknown_version),
        ("NEW", Outcome.unknown_version),
        ("", Outcome.unknown_version),
    ],
)
def test_an_id_matches_letter_for_letter(version_id, outcome):
    assert TARGET.match(version_id) is outcome


def test_what_an_edge_does_not_have_it_cannot_apply():
    late = Target("w", "d", (VersionWeight("new", 100_000),), pending=frozenset({"new"}))
    assert late.match("new") is Outcome.not_propagated


def test_a_weight_of_0_is_a_weight():
    assert (TARGET.weight("new"), TARGET.weight("older")) == (0, None)


def test_the_ids_of_a_worker_are_its_own_only():
    assert TARGET.own_ids() == {"new", "old", "older", "newest"}


def test_a_target_can_be_a_key():
    assert len({TARGET, TARGET}) == 1
