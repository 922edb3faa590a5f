"""Starting a rollout, and every reason why there is none."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dashboard.rollouts.actions.start import StartRefused
from dashboard.rollouts.decisions.states import State
from routing.models import AuditEntry, Worker, deployable_versions
from tests.dashboard.rollouts.conftest import Scene
from tests.dashboard.rollouts.playbook import plan_of
from tests.factories import make_deployment, make_version, make_worker


def test_it_starts_before_anything_is_deployed(scene: Scene) -> None:
    rollout = scene.start()
    assert (rollout.state, rollout.percentage) == (State.STAGING, "0%")
    assert scene.live() == {1: 100_000}
    assert AuditEntry.objects.filter(action="rollout.start", subject="checkout").exists()


def test_a_second_one_is_refused_with_the_first(scene: Scene) -> None:
    first = scene.start()
    with pytest.raises(StartRefused) as refused:
        scene.start(version_id=str(make_version("checkout").id))
    assert refused.value.code == "running"
    assert refused.value.rollout == first


def test_a_live_candidate_is_taken_over_at_its_share(scene: Scene) -> None:
    make_deployment(scene.worker, (scene.candidate, 30), (scene.stable, 70))
    rollout = scene.start(plan_of("20:10s,50:10s,100"))
    assert (rollout.state, rollout.step, rollout.percentage) == (State.RAMPING, 0, "30%")
    assert scene.live() == {1: 70_000, 2: 30_000}
    own = scene.worker.deployments.newest_first().first()
    assert own is not None and str(own.id) == rollout.deployment_id
    assert own.counts["block_seconds"] == 2, "edges count it as a step"
    scene.look(10)
    assert scene.live() == {1: 50_000, 2: 50_000}


@pytest.mark.parametrize(
    ("case", "code"),
    [
        ("stable", "already_live"),
        ("unknown", "unknown_version"),
        ("nonsense", "unknown_version"),
        ("stale", "conflict"),
        ("other", "two_candidates"),
    ],
)
def test_what_is_refused(scene: Scene, case: str, code: str) -> None:
    given: dict[str, object] = {}
    if case == "stable":
        given["version_id"] = str(scene.stable.id)
    if case in ("unknown", "nonsense"):
        given["version_id"] = "x" if case == "nonsense" else "0" * 8 + "-0000-4000-8000-" + "0" * 12
    if case == "stale":
        given["expected"] = "0" * 8 + "-0000-4000-8000-" + "0" * 12
    if case == "other":
        make_deployment(scene.worker, (make_version("checkout"), 10), (scene.stable, 90))
    with pytest.raises(StartRefused) as refused:
        scene.start(**given)
    assert refused.value.code == code
    assert not scene.worker.rollouts.exists()


def test_a_worker_without_a_deployment_has_nothing_to_roll_out(scene: Scene) -> None:
    scene.worker = make_worker("fresh")
    scene.candidate = Worker.objects.get(name="fresh").versions.get()
    with pytest.raises(StartRefused, match="no deployment yet"):
        scene.start()


def test_a_version_that_no_deployment_may_name_starts_no_rollout(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the conductor would try for ever, and nobody else could deploy meanwhile."""
    monkeypatch.setattr(deployable_versions, "DEPLOYABLE", 1)
    make_version("checkout")
    with pytest.raises(StartRefused) as refused:
        scene.start()
    assert refused.value.code == "too_old"
    assert not scene.worker.deploy_holds.exists()


def test_a_second_one_is_refused_before_it_waits_for_the_first_ones_row(scene: Scene) -> None:
    """An insert would wait for a conductor that holds that row and waits for our lock."""
    scene.start()
    with CaptureQueriesContext(connection) as queries, pytest.raises(StartRefused):
        scene.start()
    assert not [q for q in queries if q["sql"].startswith("INSERT")]
