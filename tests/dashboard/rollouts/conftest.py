"""A Worker with a stable version at 100% and a candidate that was uploaded just now."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from dashboard.accounts.models import Role, User
from dashboard.rollouts.actions.start import start
from dashboard.rollouts.conductor.advance import advance
from dashboard.rollouts.conductor.observation import checks_of
from dashboard.rollouts.decisions.guardrails import Judgment
from dashboard.rollouts.decisions.next_step import Decision, Observation
from dashboard.rollouts.decisions.plan import Plan
from dashboard.rollouts.models import Rollout
from routing.control.deploy import active_deployment
from routing.models import Version, Worker
from tests.dashboard.rollouts.playbook import SAFE, plan_of
from tests.factories import make_deployment, make_user, make_version, make_worker


@dataclass
class Scene:
    """`judgment` and `ready` are what the next look sees; `now` moves by hand."""

    worker: Worker
    stable: Version
    candidate: Version
    maya: User
    now: datetime = field(default_factory=timezone.now)
    judgment: Judgment | None = SAFE
    ready: bool = True
    unverified: tuple[str, ...] = ()

    def start(self, plan: Plan | None = None, **given: object) -> Rollout:
        asked = {"owner": self.maya, "source": "dashboard", "now": self.now} | given
        version = str(asked.pop("version_id", self.candidate.id))
        plan = plan or plan_of()
        return start(worker=self.worker, version_id=version, plan=plan, **asked)  # type: ignore[arg-type]

    def look(self, seconds: float = 0) -> Decision:
        """One look of the conductor, `seconds` later."""
        self.now += timedelta(seconds=seconds)
        return advance(self.rollout(), self.observe, self.now)

    def observe(self, rollout: Rollout, now: datetime) -> Observation:
        active = active_deployment(rollout.worker)
        return Observation(
            deployment_id=str(active.id) if active else "",
            checks=checks_of(rollout),
            ready_at=rollout.since if self.ready else None,
            waiting_edges=() if self.ready else ("local-1",),
            judgment=self.judgment,
            unverified_edges=self.unverified,
        )

    def rollout(self) -> Rollout:
        newest = Rollout.objects.with_versions().order_by("-started_at").first()
        assert newest is not None
        return newest

    def live(self) -> dict[int, int]:
        """Version number → weight of the active deployment."""
        active = active_deployment(self.worker)
        assert active is not None
        return {share.version.number: share.weight for share in active.shares.all()}


@pytest.fixture
def scene(db: None) -> Scene:
    worker = make_worker("checkout")
    stable = worker.versions.get()
    make_deployment(worker, (stable, 100))
    return Scene(worker, stable, make_version("checkout"), make_user("maya", Role.OPERATOR))
