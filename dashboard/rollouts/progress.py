"""The columns that every rollout has, wherever its Worker runs: its plan, and how far it is."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.db import models

from dashboard.rollouts.decisions import values
from dashboard.rollouts.decisions.plan import Plan, plan_from_json
from dashboard.rollouts.decisions.states import ENDED, GOING_BACK, State
from routing.rules.split import format_percentage

ENDED_STATES = [state.value for state in sorted(ENDED)]


class RolloutProgress(models.Model):
    """`turn` is raised by each write. A writer names the turn it read, and loses to one that was
    faster. `weight` is the candidate's share, in units of 0.001%, that was
    deployed at `since`. `next_plan` is the newest edit of the plan until a step begins with it."""

    STATES = [(state.value, state.value) for state in State]

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    source = models.CharField(max_length=32)
    plan = models.JSONField()
    next_plan = models.JSONField(null=True)
    plan_edit = models.PositiveIntegerField(default=1, db_default=1)
    state = models.CharField(max_length=16, choices=STATES, default=State.STAGING.value)
    step = models.SmallIntegerField(default=-1)
    weight = models.PositiveIntegerField(default=0)
    since = models.DateTimeField()
    deployment_id = models.CharField(max_length=36, blank=True)
    before_hold = models.CharField(max_length=16, blank=True)
    hold = models.CharField(max_length=32, blank=True)
    hold_clears = models.BooleanField(default=False)
    review_confirmed = models.BooleanField(default=False)
    step_requested = models.BooleanField(default=False)
    had_traffic = models.BooleanField(default=False)
    reason = models.CharField(max_length=32, blank=True)
    facts = models.JSONField(default=dict)
    turn = models.PositiveBigIntegerField(default=0)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True

    @property
    def has_checks(self) -> bool:
        """Whether checks run at 0%."""
        raise NotImplementedError

    @property
    def percentage(self) -> str:
        """The candidate's share as text."""
        return format_percentage(self.weight)

    @property
    def goes_back(self) -> bool:
        """Whether stable has 100% again, or is about to."""
        return State(self.state) in GOING_BACK

    @property
    def terms(self) -> Plan:
        """The plan as values."""
        return plan_from_json(self.plan)

    def as_value(self) -> values.Rollout:
        """The row as input of `next_step`."""
        return values.Rollout(
            plan=self.terms,
            state=State(self.state),
            step=self.step,
            since=self.since,
            deployment_id=self.deployment_id,
            before_hold=State(self.before_hold) if self.before_hold else None,
            hold=self.hold,
            hold_clears=self.hold_clears,
            has_suite=self.has_checks,
            review_confirmed=self.review_confirmed,
            step_requested=self.step_requested,
            had_traffic=self.had_traffic,
            next_plan=plan_from_json(self.next_plan) if self.next_plan else None,
            edit=self.plan_edit,
        )

    def take(self, value: values.Rollout) -> None:
        """Copies the fields of `value`; the caller saves."""
        self.state, self.step = value.state.value, value.step
        if self.next_plan and value.next_plan is None:
            self.plan, self.next_plan = self.next_plan, None
        self.since = value.since or self.since
        self.deployment_id = value.deployment_id
        self.before_hold = value.before_hold.value if value.before_hold else ""
        self.hold, self.hold_clears = value.hold, value.hold_clears
        self.review_confirmed = value.review_confirmed
        self.step_requested = value.step_requested
        self.had_traffic = value.had_traffic


class StoryEvent(models.Model):
    """A decision: code, numbers, and who made it."""

    at = models.DateTimeField()
    state = models.CharField(max_length=16)
    step = models.SmallIntegerField()
    code = models.CharField(max_length=32)
    facts = models.JSONField(default=dict)
    username = models.CharField(max_length=150, blank=True)

    class Meta:
        abstract = True
        ordering = ["pk"]

    def as_json(self) -> dict[str, Any]:
        return {
            "at": self.at.isoformat(),
            "state": self.state,
            "step": self.step,
            "code": self.code,
            "facts": self.facts,
            "by": self.username or "conductor",
        }
