"""Step ④ under a policy: the review of the plan, and what it covers."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from dashboard.accounts.actor import Actor
from dashboard.accounts.models import Role, User
from dashboard.reviews.gate import ReviewNeeded
from dashboard.reviews.policies import edits
from dashboard.reviews.policies.policy import Policy, Rule, Trigger
from dashboard.reviews.proposals.decisions import vote
from dashboard.reviews.proposals.decisions.vote import DecisionInput
from dashboard.reviews.proposals.deployment import emergency
from dashboard.reviews.proposals.models import Proposal, State as ReviewState
from dashboard.rollouts.actions import actions
from dashboard.rollouts.actions.actions import ActionRefused, ActionRequest
from dashboard.rollouts.actions.start import StartRefused
from dashboard.rollouts.conductor.advance import advance
from dashboard.rollouts.decisions.next_step import Observation
from dashboard.rollouts.decisions.states import State
from dashboard.rollouts.models import Rollout
from dashboard.rollouts.plans.plan_edits import change_plan
from dashboard.rollouts.record.report import as_json
from dashboard.rollouts.review_step.status import review_of
from dashboard.smoketests.models import SmokeRun
from dashboard.smoketests.runs.run import ask
from dashboard.smoketests.suites.edits import newest_edit, save
from dashboard.smoketests.suites.yaml_format import read_suite
from dashboard.times.hours import AllowedHours
from routing.control.deploy import active_deployment
from tests.dashboard.rollouts.conftest import Scene
from tests.dashboard.rollouts.playbook import plan_of
from tests.factories import make_deployment, make_user

SUITE = "name: smoke\nchecks:\n  - name: home\n    assert: [{status: 200}]\n"


class Reviewed(Scene):
    """Looks with the review as the conductor sees it."""

    def observe(self, rollout: Rollout, now: datetime) -> Observation:
        stands, proposal = review_of(rollout, active_deployment(rollout.worker), now)
        seen = super().observe(rollout, now)
        return replace(seen, review=stands, review_id=str(proposal.pk) if proposal else "")

    def look_times(self, times: int) -> State:
        for _ in range(times):
            advance(self.rollout(), self.observe, self.now)
        return State(self.rollout().state)

    def policy(self, *rules: Rule) -> None:
        by = Actor(None, "shell", timezone.now())
        edits.save(self.worker, lambda _: Policy(rules), by)

    def review(self) -> Proposal:
        newest = Proposal.objects.order_by("-created_at").first()
        assert newest is not None
        return newest

    def save_suite(self, text: str) -> int:
        edit = save(
            worker=self.worker,
            document=read_suite(text),
            author=self.maya,
            source="dashboard",
            now=timezone.now(),
        )
        return edit.number


@pytest.fixture
def reviewed(scene: Scene) -> Reviewed:
    made = Reviewed(scene.worker, scene.stable, scene.candidate, scene.maya)
    made.policy(Rule(Trigger.ABOVE))
    return made


@pytest.fixture
def jonas(db: None) -> User:
    return make_user("jonas", Role.REVIEWER)


def word(user: User, comment: str = "") -> DecisionInput:
    return DecisionInput(user, "dashboard", timezone.now(), comment)


def test_auto_confirms_only_where_no_policy_asks(reviewed: Reviewed) -> None:
    reviewed.start(plan_of())  # --auto
    assert reviewed.look_times(6) is State.REVIEW
    assert reviewed.rollout().reason == "waits_for_review"
    assert reviewed.live() == {1: 100_000, 2: 0}
    reviewed.policy()
    assert reviewed.look_times(1) is State.RAMPING
    assert reviewed.review().state == ReviewState.DEPLOYED


def test_the_review_is_bound_to_the_plan_and_opened_once(reviewed: Reviewed) -> None:
    rollout = reviewed.start(plan_of())
    reviewed.look_times(6)
    review = reviewed.review()
    assert Proposal.objects.count() == 1
    assert (review.rollout_id, review.plan) == (rollout.pk, {"edit": 1, **rollout.plan})
    assert review.shares == [[str(reviewed.candidate.id), "100"]]
    assert str(review.pk) in str(as_json(reviewed.rollout())["review"])


def test_an_approval_passes_the_step_and_covers_the_whole_plan(
    reviewed: Reviewed, jonas: User
) -> None:
    reviewed.start(plan_of("20:10s,100"))
    reviewed.look_times(4)
    review = vote.approve(reviewed.review().pk, word(jonas))
    assert reviewed.look_times(1) is State.RAMPING
    assert reviewed.live() == {1: 80_000, 2: 20_000}
    review.refresh_from_db()
    active = active_deployment(reviewed.worker)
    assert active is not None
    assert (review.state, review.deployment_id) == (ReviewState.DEPLOYED, str(active.id))
    reviewed.look(11)
    assert reviewed.live() == {2: 100_000}
    assert Proposal.objects.count() == 1


def test_nobody_confirms_or_steps_past_the_policy(reviewed: Reviewed) -> None:
    reviewed.start(plan_of(confirm_review=True))
    reviewed.look_times(4)
    by = ActionRequest(reviewed.maya, "dashboard", timezone.now())
    with pytest.raises(ActionRefused) as refused:
        actions.confirm(reviewed.rollout(), by)
    assert refused.value.code == "review"
    with pytest.raises(ReviewNeeded):
        actions.finish(reviewed.rollout(), by)
    assert reviewed.live() == {1: 100_000, 2: 0}


def test_hold_and_abort_never_wait(reviewed: Reviewed) -> None:
    reviewed.start(plan_of())
    reviewed.look_times(4)
    by = ActionRequest(reviewed.maya, "dashboard", timezone.now())
    actions.hold(reviewed.rollout(), by)
    actions.abort(reviewed.rollout(), by)
    assert reviewed.live() == {1: 100_000}
    assert (reviewed.review().state, reviewed.review().reason) == (
        ReviewState.VOID,
        "rollout_ended",
    )


def test_a_rejected_review_holds_and_resume_asks_again(reviewed: Reviewed, jonas: User) -> None:
    reviewed.start(plan_of())
    reviewed.look_times(4)
    first = vote.reject(reviewed.review().pk, word(jonas, "Log the 503s."))
    assert reviewed.look_times(1) is State.HELD
    assert reviewed.rollout().reason == "review_rejected"
    actions.resume(reviewed.rollout(), ActionRequest(reviewed.maya, "dashboard", timezone.now()))
    assert reviewed.look_times(1) is State.REVIEW
    assert reviewed.review().pk != first.pk
    assert reviewed.review().state == ReviewState.OPEN


def test_another_plan_edit_takes_another_review(reviewed: Reviewed, jonas: User) -> None:
    rollout = reviewed.start(plan_of("20:10s,50:10s,100"))
    reviewed.look_times(4)
    vote.approve(reviewed.review().pk, word(jonas))
    reviewed.look_times(1)
    by = ActionRequest(reviewed.maya, "dashboard", timezone.now())
    change_plan(reviewed.rollout(), plan_of("20:10s,90:10s,100"), by, rollout.plan_edit)
    reviewed.look(11)
    reviewed.look(1)
    assert reviewed.live() == {1: 80_000, 2: 20_000}
    assert (reviewed.review().state, reviewed.review().plan["edit"]) == (ReviewState.OPEN, 2)
    vote.approve(reviewed.review().pk, word(jonas))
    reviewed.look(1)
    assert reviewed.live() == {1: 10_000, 2: 90_000}


def test_a_plan_edit_voids_the_open_review_at_once(reviewed: Reviewed) -> None:
    rollout = reviewed.start(plan_of())
    reviewed.look_times(4)
    first = reviewed.review()
    by = ActionRequest(reviewed.maya, "dashboard", timezone.now())
    change_plan(reviewed.rollout(), plan_of("30:10s,100"), by, rollout.plan_edit)
    first.refresh_from_db()
    assert (first.state, first.reason) == (ReviewState.VOID, "plan_edited")


def test_a_new_suite_edit_runs_the_checks_again_and_asks_again(reviewed: Reviewed) -> None:
    reviewed.save_suite(SUITE)
    reviewed.start(plan_of(), suite="smoke")
    reviewed.look_times(2)
    SmokeRun.objects.update(state=SmokeRun.State.PASSED)
    reviewed.look_times(3)
    first = reviewed.review()
    assert first.evidence["edit"] == 1
    reviewed.save_suite(SUITE.replace("200", "201"))
    first.refresh_from_db()
    assert (first.state, first.reason) == (ReviewState.VOID, "suite_edited")
    reviewed.now += timedelta(seconds=1)
    assert reviewed.look_times(1) is State.CHECKING
    SmokeRun.objects.update(state=SmokeRun.State.PASSED)
    reviewed.look_times(3)
    assert (reviewed.review().state, reviewed.review().evidence["edit"]) == (ReviewState.OPEN, 2)


def test_a_split_that_is_taken_over_waits_for_its_review_too(
    reviewed: Reviewed, jonas: User
) -> None:
    make_deployment(reviewed.worker, (reviewed.candidate, 10), (reviewed.stable, 90))
    reviewed.start(plan_of("10:10s,100"))
    assert reviewed.look_times(1) is State.RAMPING
    reviewed.look(11)
    assert reviewed.live() == {1: 90_000, 2: 10_000}
    vote.approve(reviewed.review().pk, word(jonas))
    reviewed.look(1)
    assert reviewed.live() == {2: 100_000}


def test_an_emergency_lets_the_rollout_go_on_by_its_plan(reviewed: Reviewed) -> None:
    reviewed.start(plan_of())
    reviewed.look_times(4)
    emergency.deploy_now(reviewed.review().pk, word(make_user("ada", Role.ADMIN), "Cards fail."))
    assert reviewed.look_times(1) is State.RAMPING
    assert reviewed.review().is_emergency


def test_staging_that_needs_a_review_comes_first(reviewed: Reviewed) -> None:
    reviewed.policy(Rule(Trigger.STAGE))
    with pytest.raises(StartRefused) as refused:
        reviewed.start(plan_of())
    assert refused.value.code == "review"
    make_deployment(reviewed.worker, (reviewed.candidate, 0), (reviewed.stable, 100))
    reviewed.start(plan_of())
    assert reviewed.look_times(1) is State.WAITING


@pytest.mark.parametrize("verb", ["abort", "step-down"])
def test_a_rollout_of_an_older_version_goes_back_without_a_review(
    reviewed: Reviewed, verb: str
) -> None:
    make_deployment(reviewed.worker, (reviewed.candidate, 100))
    reviewed.start(plan_of("20:10s,100"), version_id=str(reviewed.stable.id))
    reviewed.look_times(4)
    assert reviewed.live() == {1: 20_000, 2: 80_000}  # a way back: no review
    actions.ACTIONS[verb](
        reviewed.rollout(), ActionRequest(reviewed.maya, "dashboard", timezone.now())
    )
    back = {"abort": {2: 100_000}, "step-down": {1: 0, 2: 100_000}}
    assert reviewed.live() == back[verb]


def closed_now() -> AllowedHours:
    """Hours of a day that is neither today nor tomorrow."""
    another_day = (timezone.now() + timedelta(days=2)).strftime("%a").lower()
    return AllowedHours(frozenset({another_day}), time(1), time(2))


def test_nobody_steps_past_the_hours_of_an_approved_plan(reviewed: Reviewed, jonas: User) -> None:
    reviewed.policy(Rule(Trigger.ABOVE, hours=closed_now()))
    reviewed.start(plan_of("20:10s,100"))
    reviewed.look_times(4)
    vote.approve(reviewed.review().pk, word(jonas))
    for by_token in (False, True):
        by = ActionRequest(reviewed.maya, "api", timezone.now(), by_token=by_token, to=20_000)
        with pytest.raises(ReviewNeeded, match="only in its hours"):
            actions.step(reviewed.rollout(), by)
    assert reviewed.live() == {1: 100_000, 2: 0}
    reviewed.policy(Rule(Trigger.ABOVE))
    actions.step(reviewed.rollout(), ActionRequest(reviewed.maya, "api", timezone.now(), to=20_000))
    reviewed.policy(Rule(Trigger.ABOVE, hours=closed_now()))
    actions.finish(reviewed.rollout(), ActionRequest(reviewed.maya, "api", timezone.now()))
    assert reviewed.live() == {2: 100_000}  # hours are for the first step


def test_an_emergency_of_a_rollout_waits_for_no_hours(reviewed: Reviewed) -> None:
    reviewed.policy(Rule(Trigger.ABOVE, hours=closed_now()))
    reviewed.start(plan_of())
    reviewed.look_times(4)
    emergency.deploy_now(reviewed.review().pk, word(make_user("ada", Role.ADMIN), "Cards fail."))
    assert reviewed.look_times(1) is State.RAMPING


def test_checks_that_pass_again_on_the_way_take_no_approval_away(
    reviewed: Reviewed, jonas: User
) -> None:
    reviewed.save_suite(SUITE)
    make_deployment(reviewed.worker, (reviewed.candidate, 10), (reviewed.stable, 90))
    rollout = reviewed.start(plan_of("10:10s,100"), suite="smoke")
    reviewed.look_times(1)
    vote.approve(reviewed.review().pk, word(jonas))
    edit = newest_edit(reviewed.worker, "smoke")
    assert edit is not None
    run = ask(edit, reviewed.candidate, author=None, now=reviewed.now, rollout_id=rollout.pk)
    SmokeRun.objects.filter(pk=run.pk).update(state=SmokeRun.State.PASSED)
    reviewed.look(11)
    assert reviewed.live() == {2: 100_000}
    assert reviewed.review().round == 1


def test_an_abort_takes_the_locks_in_the_order_of_an_approval(reviewed: Reviewed) -> None:
    """The desired state before a review's row: the other way around, both would wait forever."""
    reviewed.start(plan_of())
    reviewed.look_times(4)
    with CaptureQueriesContext(connection) as queries:
        actions.abort(reviewed.rollout(), ActionRequest(reviewed.maya, "dashboard", timezone.now()))
    tables = [
        table
        for query in queries.captured_queries
        for table in ("routing_desiredstate", "reviews_proposal")
        if f'FROM "{table}"' in query["sql"]
    ]
    assert tables.index("routing_desiredstate") < tables.index("reviews_proposal")


def test_what_needs_changes_ends_with_its_rollout(reviewed: Reviewed, jonas: User) -> None:
    """An emergency would approve it, and nothing would ever deploy it."""
    reviewed.start(plan_of("20:10s,100"))
    reviewed.look_times(4)
    vote.needs_changes(reviewed.review().pk, word(jonas, "Log the 503s."))
    reviewed.policy()
    reviewed.look_times(1)
    for seconds in (11, 6):
        reviewed.look(seconds)
    assert reviewed.rollout().state == State.DONE
    ended = (reviewed.review().state, reviewed.review().reason)
    assert ended == (ReviewState.VOID, "rollout_ended")
