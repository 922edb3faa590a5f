"""The conductor's thread that asks Prometheus and webhooks, against a real server on loopback."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.urls import reverse

from dashboard.rollouts.actions.actions import ACTIONS, ActionRefused, ActionRequest
from dashboard.rollouts.decisions.breaches import deciding, with_breaches
from dashboard.rollouts.decisions.guardrails import Judgment
from dashboard.rollouts.decisions.states import State, Verdict
from dashboard.rollouts.external_guardrails.judgments import external_judgments
from dashboard.rollouts.external_guardrails.parse_terms import external_from_json
from dashboard.rollouts.external_guardrails.polling import GuardrailPolling
from dashboard.rollouts.external_guardrails.rechecks import ask_when_due
from dashboard.rollouts.models import Rollout
from dashboard.smoketests.models import CheckResult, SmokeRun
from tests.dashboard.rollouts.conductor.test_advance import load_suite
from tests.dashboard.rollouts.conftest import Scene
from tests.dashboard.rollouts.external_guardrails.conftest import Server
from tests.dashboard.rollouts.playbook import plan_of
from tests.factories import make_worker


def ramp(scene: Scene, external: dict[str, Any], **given: object) -> None:
    """A rollout at 20% with these guardrails."""
    scene.start(plan_of("20:1h,100", external=external_from_json(external)), **given)
    while scene.rollout().state != State.RAMPING:
        SmokeRun.objects.update(state=SmokeRun.State.PASSED, ended_at=scene.now)
        scene.look()


def answered(poll: GuardrailPolling, scene: Scene, until: Callable[[], bool]) -> None:
    """Looks until the answer is there; fails by the test's own time-out when it never is."""
    while True:
        poll.look(scene.now)
        if until():
            return
        time.sleep(0.01)


def judged(scene: Scene) -> Judgment:
    (judgment,) = external_judgments(scene.rollout(), scene.now)
    return judgment


def has_answer(scene: Scene) -> Callable[[], bool]:
    return lambda: judged(scene).code != "source_pending"


def webhook(server: Server, **given: object) -> dict[str, Any]:
    return {"webhooks": [{"name": "crm", "url": f"{server.url}/check"} | given]}


@pytest.mark.parametrize("verdict", list(Verdict))
def test_a_webhook_gets_the_facts_and_its_verdict_counts(
    scene: Scene, server: Server, verdict: Verdict
) -> None:
    server.answers({"verdict": verdict, "reason": "31 carts lost."})
    ramp(scene, webhook(server))
    answered(GuardrailPolling(), scene, has_answer(scene))
    assert judged(scene).verdict is verdict
    assert judged(scene).facts["answer"] == "31 carts lost"
    ((method, path, headers, body),) = server.requests
    facts = json.loads(body)
    assert (method, path, headers["content-type"]) == ("POST", "/check", "application/json")
    assert (facts["worker"], facts["percentage"]) == ("checkout", 20)
    assert facts["candidate"]["version_id"] == str(scene.candidate.id)
    assert facts["figures"]["candidate"] == {"requests": 0, "failed": 0}


@pytest.mark.parametrize(
    ("status", "location", "body", "words"),
    [
        (500, "", b'{"verdict": "safe"}', "answered 500"),
        (302, "http://127.0.0.1:1/", b'{"verdict": "safe"}', "redirects"),
        (200, "", b'{"verdict": "safe"}' + b" " * 20_000, "more than 16 kB"),
        (200, "", b"\xff\x00", "not JSON"),
    ],
)
def test_any_other_answer_cannot_be_judged(
    scene: Scene, server: Server, status: int, location: str, body: bytes, words: str
) -> None:
    server.status, server.location, server.body = status, location, body
    ramp(scene, webhook(server))
    answered(GuardrailPolling(), scene, has_answer(scene))
    assert judged(scene).verdict is Verdict.CANNOT_JUDGE
    assert words in judged(scene).facts["answer"]
    assert len(server.requests) == 1


def test_asking_waits_for_no_answer(scene: Scene, server: Server) -> None:
    server.hang.set()
    sources = [{"name": f"s{i}", "url": server.url, "timeout": "30s"} for i in range(4)]
    ramp(scene, {"webhooks": sources})
    poll = GuardrailPolling()
    for _ in range(3):
        poll.look(scene.now)
    assert {judgment.code for judgment in all_judged(scene)} == {"source_pending"}
    server.release.set()
    answered(poll, scene, lambda: {j.code for j in all_judged(scene)} == {"source_away"})
    assert len(server.requests) == 4


def test_a_server_that_hangs_is_given_up(scene: Scene, server: Server) -> None:
    server.hang.set()
    ramp(scene, webhook(server, timeout="1s"))
    answered(GuardrailPolling(), scene, has_answer(scene))
    assert judged(scene).verdict is Verdict.CANNOT_JUDGE
    assert "took longer than 1 s" in judged(scene).facts["answer"]


def all_judged(scene: Scene) -> list[Judgment]:
    return external_judgments(scene.rollout(), scene.now)


def test_two_conductors_ask_once_and_a_new_share_is_asked_about_at_once(
    scene: Scene, server: Server
) -> None:
    ramp(scene, webhook(server, every="30s"))
    first, second = GuardrailPolling(), GuardrailPolling()
    first.look(scene.now)
    second.look(scene.now)
    answered(first, scene, has_answer(scene))
    first.look(scene.now + timedelta(seconds=29))
    assert len(server.requests) == 1
    ACTIONS["step"](scene.rollout(), ActionRequest(scene.maya, "dashboard", scene.now))
    assert judged(scene).code == "source_pending"
    answered(second, scene, has_answer(scene))
    assert [json.loads(body)["percentage"] for *_, body in server.requests] == [20, 100]


def test_a_source_that_is_away_holds_and_one_that_answers_again_goes_on(scene: Scene) -> None:
    ramp(scene, {"webhooks": [{"name": "crm", "url": "http://127.0.0.1:1/", "timeout": "1s"}]})
    answered(GuardrailPolling(), scene, has_answer(scene))
    scene.judgment = judged(scene)
    assert (scene.judgment.code, scene.look().state) == ("source_away", State.HELD)
    assert scene.live() == {1: 80_000, 2: 20_000}
    assert scene.rollout().hold_clears


def test_prometheus_is_asked_about_this_rollout(scene: Scene, server: Server) -> None:
    now = scene.now.timestamp()
    series = [{"metric": {}, "values": [[now, "0.7"]]}]
    server.answers({"status": "success", "data": {"resultType": "matrix", "result": series}})
    query = {"name": "p99", "query": 'slow{v="$candidate"}', "limit": 0.3, "server": server.url}
    ramp(scene, {"prometheus": [query]})
    answered(GuardrailPolling(), scene, has_answer(scene))
    assert (judged(scene).verdict, judged(scene).facts["value"]) == (Verdict.HARM, 0.7)
    ((method, path, _, _),) = server.requests
    parts = urlsplit(path)
    assert (method, parts.path) == ("GET", "/api/v1/query_range")
    assert parse_qs(parts.query)["query"] == [f'slow{{v="{scene.candidate.id}"}}']


def test_the_page_shows_each_source_with_its_limit_and_its_breach(
    scene: Scene, server: Server
) -> None:
    query = {"name": "p99", "query": "slow", "limit": 0.3, "lasting": "2m", "server": server.url}
    outside = webhook(server, on_breach="hold") | {"prometheus": [query], "recheck": "5m"}
    load_suite(scene)
    ramp(scene, outside, suite="smoke")
    answered(GuardrailPolling(), scene, lambda: len(server.requests) == 2)
    client = Client()
    client.force_login(scene.maya)
    html = client.get(reverse("rollouts:detail", args=["checkout", scene.rollout().pk])).content
    for words in (
        "crm",
        "webhook, every 30s",
        "holds",
        "at most 0.3",
        "Smoke checks",
        "rolls back",
    ):
        assert words in html.decode()


def test_checks_run_again_on_schedule_and_never_twice_at_once(scene: Scene) -> None:
    load_suite(scene)
    ramp(scene, {"recheck": "5m"}, suite="smoke")
    rollout = scene.rollout()
    soon, later = scene.now + timedelta(minutes=4), scene.now + timedelta(minutes=6)
    assert ask_when_due(rollout, soon) is None
    run = ask_when_due(rollout, later)
    assert run is not None and run.rollout_id == rollout.pk and run.version == scene.candidate
    assert ask_when_due(scene.rollout(), later + timedelta(hours=1)) is None  # it still runs
    stale = scene.rollout()
    ACTIONS["hold"](scene.rollout(), ActionRequest(scene.maya, "dashboard", scene.now))
    SmokeRun.objects.update(state=SmokeRun.State.PASSED, ended_at=later)
    assert ask_when_due(stale, later + timedelta(hours=1)) is None  # its turn has passed
    assert ask_when_due(scene.rollout(), later + timedelta(hours=1)) is not None


@pytest.mark.parametrize(
    ("state", "breach", "ends"),
    [
        (SmokeRun.State.PASSED, "roll_back", State.RAMPING),
        (SmokeRun.State.FAILED, "roll_back", State.ROLLING_BACK),
        (SmokeRun.State.FAILED, "hold", State.HELD),
        (SmokeRun.State.FAILED, "show", State.RAMPING),
        (SmokeRun.State.BROKEN, "roll_back", State.HELD),
        (SmokeRun.State.ABANDONED, "roll_back", State.RAMPING),
    ],
)
def test_a_recheck_decides_as_the_plan_says(
    scene: Scene, state: str, breach: str, ends: State
) -> None:
    load_suite(scene)
    ramp(scene, {"recheck": "5m", "on_breach": {"checks": breach}}, suite="smoke")
    scene.now += timedelta(minutes=6)
    run = ask_when_due(scene.rollout(), scene.now)
    assert run is not None
    SmokeRun.objects.filter(pk=run.pk).update(state=state, ended_at=scene.now)
    CheckResult.objects.create(run=run, position=0, name="login", edge="e", verdict="failed")
    found = with_breaches(all_judged(scene), scene.rollout().terms)
    scene.judgment = deciding(found, scene.rollout().terms)
    assert scene.look(1).state is ends
    if ends is State.ROLLING_BACK:
        assert scene.rollout().facts["checks"] == ["login"]


def test_a_person_runs_them_again_while_it_is_held_because_of_them(scene: Scene) -> None:
    load_suite(scene)
    ramp(scene, {"recheck": "5m", "on_breach": {"checks": "hold"}}, suite="smoke")
    scene.now += timedelta(minutes=6)
    assert ask_when_due(scene.rollout(), scene.now) is not None
    SmokeRun.objects.update(state=SmokeRun.State.FAILED, ended_at=scene.now)
    found = with_breaches(all_judged(scene), scene.rollout().terms)
    scene.judgment = deciding(found, scene.rollout().terms)
    assert scene.look(1).state is State.HELD
    by, runs = ActionRequest(scene.maya, "dashboard", scene.now), SmokeRun.objects.count()
    ACTIONS["retry"](scene.rollout(), by)
    assert SmokeRun.objects.count() == runs + 1
    with pytest.raises(ActionRefused, match="running already"):
        ACTIONS["retry"](scene.rollout(), by)
    assert scene.rollout().state == State.HELD


def test_a_rollout_that_cannot_be_read_stops_no_other(scene: Scene, server: Server) -> None:
    ramp(scene, webhook(server))
    rollout = scene.rollout()
    other = make_worker("broken")
    Rollout.objects.create(
        worker=other,
        candidate=other.versions.get(),
        stable=other.versions.get(),
        source="shell",
        plan={"steps": "none"},
        state=State.RAMPING,
        since=rollout.since,
        started_at=rollout.started_at - timedelta(days=1),
    )
    poll = GuardrailPolling()
    answered(poll, scene, lambda: bool(server.requests))
    assert len(server.requests) == 1
