"""Who is stable and what the way back is, over every history that deployments can make."""

import random

import pytest

from routing.rules.lineage import History, Lineage, Member, lineage

SPLITS = (0, 1_000, 10_000, 50_000, 90_000)


def history(seed: int, length: int = 14) -> list[list[Member]]:
    """Deployments of versions 1 to 5: alone, staged, split, promoted, gone back, in any order."""
    draw = random.Random(seed)
    return [deployment(draw) for _ in range(length)]


def deployment(draw: random.Random) -> list[Member]:
    first, second = draw.sample(range(1, 6), 2)
    if draw.random() < 0.35:
        return [Member(first, 100_000)]
    weight = draw.choice(SPLITS)
    return [Member(first, weight), Member(second, 100_000 - weight)]


def steps(deployments) -> list[tuple[Lineage | None, list[Member], Lineage]]:
    """(what was true before, the deployment, what is true after) for each."""
    found, before, whole = [], None, History()
    for members in deployments:
        whole.add(members)
        found.append((before, members, whole.lineage()))
        before = found[-1][2]
    return found


SEEDS = range(400)


def test_what_holds_after_every_deployment():
    live: set[int] = set()
    for before, members, now in (step for seed in SEEDS for step in steps(history(seed))):
        weights = {m.number: m.weight for m in members}
        full = [v for v, weight in weights.items() if weight == 100_000]
        line = list(now.line)
        assert now.stable in weights and (not full or now.stable == full[0])
        assert line == sorted(line)
        assert not set(weights) & set(line) or now.stable == line[-1]
        assert now.live_since_full <= set(weights)
        if now.rollback_target is not None:
            assert now.rollback_target < now.stable and now.rollback_target not in now.rolled_back
            assert now.rollback_target in line
        if before:
            assert before.rolled_back <= now.rolled_back
            assert now.rolled_back - before.rolled_back <= live
        live = set(weights)


def test_pressing_roll_back_again_and_again_only_goes_to_earlier_versions():
    for deployments in map(history, SEEDS):
        now = lineage(deployments)
        while (target := now.rollback_target) is not None:
            before = now.stable
            deployments.append([Member(target, 100_000)])
            now = lineage(deployments)
            assert target < before and before in now.rolled_back


def test_the_order_in_which_a_deployment_lists_its_versions_changes_nothing():
    for seed in SEEDS:
        one, other = (lineage(d[::way] for d in history(seed)) for way in (1, -1))
        assert (one.stable, one.line) == (other.stable, other.line)
        assert one.rolled_back == other.rolled_back


def test_who_would_be_stable_is_who_is_stable_then():
    for before, members, now in (step for seed in SEEDS for step in steps(history(seed))):
        assert before is None or before.stable_of(members) == now.stable


def full(*numbers: int) -> list[list[Member]]:
    return [[Member(n, 100_000)] for n in numbers]


def split(new: int, percentage: int, old: int) -> list[Member]:
    weight = percentage * 1_000
    return [Member(new, weight), Member(old, 100_000 - weight)]


@pytest.mark.parametrize(
    ("deployments", "stable", "rollback_target", "rolled_back"),
    [
        ([*full(1), split(2, 10, 1), *full(2), split(2, 10, 1)], 1, None, {2}),
        (full(1, 2), 2, 1, set()),
        (full(1, 2, 1), 1, None, {2}),
        (full(1, 2, 3, 2), 2, 1, {3}),
        (full(1, 2, 3, 1), 1, None, {3}),
        (full(1, 2, 1, 2, 3), 3, 1, {2}),  # 2 was rolled back once: never a default again
        ([*full(1), split(2, 50, 1), *full(1)], 1, None, {2}),
        ([*full(1), split(2, 50, 1), split(2, 0, 1)], 1, None, set()),  # stepped down, still staged
        ([*full(1), split(2, 50, 1), split(3, 0, 1)], 1, None, set()),  # replaced
        ([split(2, 50, 1)], 1, None, set()),
        ([split(2, 50, 1), *full(2)], 2, None, set()),  # 1 never had everything
        ([*full(3, 1), split(3, 50, 2)], 3, 1, {3}),  # the one of both that had 100% last
    ],
)
def test_a_history_in_short(deployments, stable, rollback_target, rolled_back):
    found = lineage(deployments)
    assert (found.stable, found.rollback_target, found.rolled_back) == (
        stable,
        rollback_target,
        rolled_back,
    )


def test_no_deployment_has_no_lineage():
    with pytest.raises(ValueError, match="no lineage"):
        lineage([])
