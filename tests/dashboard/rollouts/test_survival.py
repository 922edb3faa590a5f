"""What a rollout survives: conductors that die at any instant, two at once, a clock set back."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from dashboard.reviews.models import DeployHold
from dashboard.rollouts.actions.actions import ACTIONS, ActionRequest
from dashboard.rollouts.conductor.observation import figures_of
from dashboard.rollouts.decisions.states import State
from dashboard.rollouts.models import Rollout, RolloutEvent
from dashboard.rollouts.record.record import record_of
from dashboard.smoketests.models import SmokeRun
from routing.models import AuditEntry, Deployment
from tests.dashboard.rollouts.conductor.test_advance import load_suite
from tests.dashboard.rollouts.conftest import Scene
from tests.dashboard.rollouts.playbook import HARM, plan_of
from tests.factories import make_deployment, make_edge, make_traffic, make_version, make_worker
from tests.running import PROJECT


class Died(BaseException):
    """As SIGKILL: no handler of ours catches it."""


@contextmanager
def dies_at(instant: int) -> Iterator[None]:
    """Before statement `instant` // 2 of what runs here, or right after it when `instant` is odd;
    BEGIN and COMMIT count as statements too."""
    numbers = itertools.count()

    def wrap(execute: Callable[..., Any], *given: Any) -> Any:
        number = next(numbers)
        if 2 * number == instant:
            raise Died
        answer = execute(*given)
        if 2 * number + 1 == instant:
            raise Died
        return answer

    with connection.execute_wrapper(wrap):
        yield


def rows(scene: Scene) -> tuple[Any, ...]:
    """Everything that a decision writes."""
    rollout = Rollout.objects.values("turn", "state", "step", "weight", "deployment_id").get()
    return (
        rollout,
        Deployment.objects.count(),
        RolloutEvent.objects.count(),
        SmokeRun.objects.count(),
        list(DeployHold.objects.values_list("kind", "facts")),
        AuditEntry.objects.count(),
    )


def die_at_every_instant(scene: Scene, act: Callable[[], object]) -> int:
    """Kills `act` at each instant until it survives; returns how many there were. Each death leaves
    the rows as they were, or as they are after the one commit."""
    before, written = rows(scene), None
    for instant in itertools.count():
        try:
            with dies_at(instant):
                act()
        except Died:
            now = rows(scene)
            if now != before:  # it died after its commit: that is the one change
                written = written or now
                assert now == written
                return instant
            continue
        assert rows(scene) != before, "nothing was carried out"
        return instant
    raise AssertionError


def test_each_decision_is_written_whole_or_not_at_all_at_every_instant(scene: Scene) -> None:
    load_suite(scene)
    scene.start(plan_of("20:10s,100"), suite="smoke")
    instants = [die_at_every_instant(scene, scene.look) for _ in range(2)]  # staged, edges ready
    SmokeRun.objects.update(state=SmokeRun.State.PASSED)
    instants += [die_at_every_instant(scene, scene.look) for _ in range(2)]  # review, 20%
    scene.now += timedelta(seconds=10)
    instants.append(die_at_every_instant(scene, scene.look))  # 100%
    scene.judgment = HARM
    instants += [die_at_every_instant(scene, scene.look) for _ in range(3)]  # back, edges, verified
    assert scene.rollout().state == State.ROLLED_BACK
    assert deployed(scene.rollout()) == [0, 20_000, 100_000, 0]
    assert min(instants) >= 10, "too few instants to prove anything"


def test_an_abort_is_written_whole_or_not_at_all_at_every_instant(scene: Scene) -> None:
    scene.start()
    for _ in range(3):
        scene.look()
    by = ActionRequest(scene.maya, "dashboard", scene.now + timedelta(seconds=1))
    die_at_every_instant(scene, lambda: ACTIONS["abort"](scene.rollout(), by))
    assert scene.rollout().state == State.ROLLING_BACK
    assert deployed(scene.rollout()) == [0, 20_000, 0]


def deployed(rollout: Rollout) -> list[int]:
    """The candidate's share in each deployment that the story names, which are all there are."""
    named = [e.facts["deployment_id"] for e in rollout.events.all() if "deployment_id" in e.facts]
    made = Deployment.objects.filter(source="rollout", worker=rollout.worker, id__in=named)
    assert [str(d.id) for d in made.order_by("number")] == named
    within = Deployment.objects.filter(source="rollout", created_on__gte=rollout.started_at)
    if rollout.ended_at:
        within = within.filter(created_on__lte=rollout.ended_at)
    assert within.count() == len(named), "a deployment that the story does not know"
    weights = {
        str(d.id): {s.version_id: s.weight for s in d.shares.all()}
        for d in made.prefetch_related("shares")
    }
    return [weights[name].get(rollout.candidate_id, 0) for name in named]


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "sqlite", reason="the processes share a database file")
def test_conductors_killed_at_30_random_instants_two_at_a_time() -> None:
    worker = make_worker("checkout")
    make_deployment(worker, (worker.versions.get(), 100))
    make_version("checkout")
    # An edge that has every revision and reported just now, however long this takes.
    later = timezone.now() + timedelta(hours=1)
    make_edge(applied_revision=10**9, last_seen_on=later)
    database = f"sqlite:///{connection.settings_dict['NAME']}"
    command = [sys.executable, "-m", "tests.dashboard.rollouts.killed_conductors"]
    done = subprocess.run(
        [*command, "checkout", "10", "30"],
        cwd=PROJECT,
        env=os.environ | {"DATABASE_URL": database},
        capture_output=True,
        text=True,
        timeout=110,
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) >= 30
    rollouts = list(Rollout.objects.all())
    steps = [0, *range(5_000, 100_000, 5_000), 100_000]
    assert rollouts
    for rollout in rollouts:
        assert (rollout.state, deployed(rollout)) == (State.DONE, steps)
        codes = [event.code for event in rollout.events.all()]
        assert codes == ["started", "staged", "edges_ready", "confirmed"] + 19 * ["step_safe"] + [
            "baked"
        ]
        assert rollout.turn == len(codes) - 1, "each turn wrote one line"


def test_a_clock_that_is_set_back_neither_skips_nor_repeats_a_step(
    scene: Scene, client: Client
) -> None:
    rollout = scene.start(plan_of("20:10s,50:10s,100"))
    for seconds in (0, 0, 0):
        scene.look(seconds)
    scene.now -= timedelta(hours=1)
    assert scene.look().code == "bakes"  # at worst it waits
    client.force_login(scene.maya)
    assert client.get(f"/workers/checkout/rollouts/{rollout.pk}/").status_code == 200
    for seconds in (3600 + 10, 10, 5):
        scene.look(seconds)
    rollout = scene.rollout()
    assert (rollout.state, deployed(rollout)) == (State.DONE, [0, 20_000, 50_000, 100_000])


def test_the_record_has_every_deployment_although_the_clock_went_back(scene: Scene) -> None:
    scene.start(plan_of("20,100", final_bake=timedelta(0)))
    for _ in range(2):
        scene.look()
    scene.now -= timedelta(hours=1)
    for _ in range(3):
        scene.look()
    assert scene.rollout().state == State.DONE
    record = record_of(scene.rollout())
    assert record is not None
    assert [step.percentage for step in record.steps] == ["0%", "20%", "100%"]


def test_figures_count_on_after_the_clock_was_set_back(scene: Scene) -> None:
    scene.start()
    for _ in range(3):
        scene.look()
    rollout = scene.rollout()
    Rollout.objects.update(since=timezone.now() + timedelta(hours=1))
    make_traffic("checkout", 50, 40, scene.candidate.id, 0, rollout.deployment_id)
    assert figures_of(scene.rollout(), timezone.now()).candidate == (50, 40)
