"""Open pages of a rollout follow it: at once where a message arrives, else within a second."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from dashboard.live.pages import fragments
from dashboard.live.pages.fragments import UpdateReason
from dashboard.rollouts.actions.actions import ACTIONS, ActionRequest
from dashboard.rollouts.decisions.states import State
from dashboard.rollouts.models import Rollout
from dashboard.rollouts.page.rollback_preview import rollback_preview_of
from tests.dashboard.rollouts.conftest import Scene
from tests.dashboard.rollouts.playbook import plan_of
from tests.factories import make_traffic


def test_what_is_pushed_is_the_same_for_everyone(scene: Scene) -> None:
    rollout = scene.start()
    html = fragments.render(f"rollout:{rollout.pk}", UpdateReason.EDGES).html
    assert f'data-made-for="{rollout.turn}"' in html
    assert "csrfmiddlewaretoken" not in html
    assert "ask-abort" not in html
    assert "maya" in html, "who started it is the same for everyone"


@pytest.mark.parametrize("topic", ["rollout:nonsense", "rollout:", f"rollout:{'0' * 32}"])
def test_a_topic_that_names_no_rollout_shows_nothing(db: None, topic: str) -> None:
    assert fragments.render(topic, UpdateReason.EDGES).html == ""
    assert fragments.watch([topic]) == {}


def test_a_turn_of_another_process_is_news_and_figures_only_while_it_runs(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    topic = f"rollout:{scene.start().pk}"
    moments = [timezone.now()]
    monkeypatch.setattr("dashboard.rollouts.page.push.timezone.now", lambda: moments[-1])
    before = fragments.watch([topic, "workers"])
    assert fragments.watch([topic]) == before
    scene.look()
    after = fragments.watch([topic])
    assert after[topic, UpdateReason.EDGES] != before[topic, UpdateReason.EDGES]
    assert after[topic, UpdateReason.METRICS] == before[topic, UpdateReason.METRICS]
    moments.append(moments[-1] + timedelta(seconds=5))
    assert (
        fragments.watch([topic])[topic, UpdateReason.METRICS] != after[topic, UpdateReason.METRICS]
    )
    Rollout.objects.update(state=State.DONE)
    ended = fragments.watch([topic])
    moments.append(moments[-1] + timedelta(seconds=5))
    assert fragments.watch([topic]) == ended


def test_followed_rollouts_cost_one_query_a_second(
    scene: Scene, django_assert_num_queries: object
) -> None:
    topics = [f"rollout:{scene.start().pk}"] * 3
    with django_assert_num_queries(1):  # type: ignore[operator]
        fragments.watch(topics)


def test_the_way_back_says_what_moves_and_how_long_it_took_last(scene: Scene) -> None:
    scene.start(plan_of("20:1h,100"))
    for _ in range(3):
        scene.look()
    scene.now += timedelta(seconds=1)
    ACTIONS["abort"](scene.rollout(), ActionRequest(scene.maya, "dashboard", scene.now))
    for seconds in (1.5, 0.5):
        scene.look(seconds)
    assert scene.rollout().state == State.ROLLED_BACK
    scene.now += timedelta(minutes=1)
    rollout = scene.start(plan_of("20:1h,100"))
    for _ in range(3):
        scene.look()
    now = timezone.now()
    make_traffic("checkout", 300, 0, scene.candidate.id, 1, scene.rollout().deployment_id)
    way_back = rollback_preview_of(scene.rollout(), now)
    assert way_back.took == timedelta(seconds=2)
    assert way_back.per_minute is not None and way_back.per_minute >= 50
    assert rollback_preview_of(rollout, now).per_minute is None, "it had 0% then"
