"""Hooks of a Worker, and a receiver on loopback."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

import pytest

from dashboard.accounts.actor import Actor
from dashboard.rollouts.decisions.next_step import Observation
from dashboard.rollouts.hooks import changes
from dashboard.rollouts.hooks.changes import HookForm
from dashboard.rollouts.hooks.delivery_queue import HookDeliveryQueue
from dashboard.rollouts.hooks.gates import gate_before
from dashboard.rollouts.hooks.models import Hook, HookDelivery
from dashboard.rollouts.models import Rollout
from tests.dashboard.rollouts.conftest import Scene, scene  # noqa: F401
from tests.dashboard.rollouts.external_guardrails.conftest import Server, server  # noqa: F401


@dataclass
class Hooked(Scene):
    """A scene whose looks see the gates, with one conductor's courier."""

    courier: HookDeliveryQueue = field(default_factory=HookDeliveryQueue)
    secrets: dict[str, str] = field(default_factory=dict)

    def observe(self, rollout: Rollout, now: datetime) -> Observation:
        seen = super().observe(rollout, now)
        return Observation(
            **{n: getattr(seen, n) for n in Observation.__slots__}
            | {"gate": gate_before(rollout, now)}
        )

    def hook(self, server: Server, event: str, kind: str = "notice", **given: str) -> Hook:  # noqa: F811
        form = HookForm(
            **({"name": event, "event": event, "kind": kind, "url": server.url} | given)
        )
        hook, secret = changes.create(self.worker, form, Actor(self.maya, "dashboard", self.now))
        self.secrets[hook.name] = secret
        return hook

    def carry(self, until: Callable[[], bool]) -> None:
        """Looks of the courier until it is so; the test's own time-out ends a wait in vain."""
        while True:
            self.courier.look(self.now)
            if until():
                return
            time.sleep(0.01)

    def carry_all(self) -> None:
        """Until nothing that is due now is unanswered."""
        self.carry(lambda: not self.courier._waiting and not self.due())

    def due(self) -> bool:
        return HookDelivery.objects.filter(next_try_at__lte=self.now).exists()

    def codes(self) -> list[str]:
        return [event.code for event in self.rollout().events.all()]


@pytest.fixture
def hooked(scene: Scene) -> Hooked:  # noqa: F811
    return Hooked(scene.worker, scene.stable, scene.candidate, scene.maya)
