"""A Worker of a connected account: the other side is this Sluice's own API, without a socket."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.cache import cache
from django.utils import timezone

from dashboard.accounts.actor import Actor
from dashboard.accounts.models import Role, User
from dashboard.cloud.accounts.checklist import Check
from dashboard.cloud.accounts.connect import follow
from dashboard.cloud.models import CloudAccount
from dashboard.observability.ingest import rollup
from dashboard.observability.ingest.batch_schema import Counted
from dashboard.rollouts.decisions.plan import Plan
from dashboard.rollouts.remote.actions import ACTIONS
from dashboard.rollouts.remote.conductor import look
from dashboard.rollouts.remote.models import RemoteRollout
from dashboard.rollouts.remote.start import start
from routing.models import Deployment, Worker
from routing.secret_encryption import encrypt
from routing.snapshot import Secret
from tests.dashboard.cloud.conftest import BASE, OtherSide, cloud_on, misbehave, other
from tests.dashboard.cloud.pages.conftest import never_leaves_this_process, root
from tests.dashboard.rollouts.playbook import plan_of
from tests.factories import make_deployment, make_user, make_worker

__all__ = ["cloud_on", "misbehave", "never_leaves_this_process", "other", "root"]
HOST = "127.0.0.1:9"


@dataclass
class Clock:
    """Moves `timezone.now` of both sides."""

    offset: timedelta = timedelta(0)

    def pass_by(self, seconds: float) -> None:
        self.offset += timedelta(seconds=seconds)


@pytest.fixture
def clock(monkeypatch: Any) -> Clock:
    real, clock = timezone.now, Clock()
    monkeypatch.setattr("django.utils.timezone.now", lambda: real() + clock.offset)
    return clock


@dataclass
class Shop:
    """`stable` has 100% at the other side, `candidate` is not deployed."""

    account: CloudAccount
    worker: Worker
    stable: str
    candidate: str
    maya: User
    clock: Clock
    other: OtherSide

    def start(self, plan: Plan | None = None, **given: Any) -> RemoteRollout:
        cache.clear()
        plan = plan or plan_of("10:2m,100", min_sample=50, min_callers=0)
        return start(self.account, "shop", self.candidate, plan, self.by(), **given)

    def by(self) -> Actor:
        return Actor(self.maya, "dashboard", timezone.now())

    def look(self, seconds: float = 5, times: int = 1) -> RemoteRollout:
        """The conductor's looks, each `seconds` after the one before, without an old answer."""
        for _ in range(times):
            self.clock.pass_by(seconds)
            cache.clear()
            look(timezone.now())
        return self.rollout()

    def do(self, verb: str, reason: str = "") -> RemoteRollout:
        self.clock.pass_by(1)
        ACTIONS[verb](self.rollout(), self.by(), reason)
        return self.rollout()

    def rollout(self) -> RemoteRollout:
        return RemoteRollout.objects.with_account().get()

    def live(self) -> dict[str, float]:
        """Percentages of the versions that are live at the other side."""
        shares = Deployment.objects.newest_first()[0].shares.all()
        return {str(share.version_id): share.weight / 1000 for share in shares}

    def deployed_elsewhere(self, *shares: tuple[str, float]) -> None:
        versions = {str(version.id): version for version in self.worker.versions.all()}
        pairs = [(versions[version_id], share) for version_id, share in shares]
        make_deployment(self.worker, *pairs, message="By hand", source="wrangler")

    def traffic(self, candidate: int, stable: int, *, failing: int = 0, minutes_ago: int) -> None:
        """Requests of one minute; `failing` of the candidate's are runtime failures."""
        minute = (int(timezone.now().timestamp()) // 60 - minutes_ago) * 60
        common = ("", "external", "percentage", "absent")
        rows = [
            Counted(minute, "shop", self.candidate, *common, 2, "", candidate - failing),
            Counted(minute, "shop", self.candidate, *common, 5, "exception", failing),
            Counted(minute, "shop", self.stable, *common, 2, "", stable),
        ]
        rollup.add_counts("local-1", [row for row in rows if row.requests])

    def writes(self) -> int:
        """Deployments that were sent to the API."""
        return sum(m == "POST" and p.endswith("/deployments") for m, p in self.other.sent)

    def codes(self) -> list[str]:
        return list(self.rollout().events.values_list("code", flat=True))


@pytest.fixture
def account(other: OtherSide) -> CloudAccount:
    """Connected, without the calls that connecting makes."""
    now = timezone.now()
    return CloudAccount.objects.create(
        slug="shop-prod",
        base_url=BASE,
        account_id=django_settings.ACCOUNT_ID,
        encrypted_token=encrypt(Secret(other.token)),
        token_hint="test…test",
        token_kind=CloudAccount.TokenKind.USER,
        checklist={name: {"state": "works"} for name in Check if name != Check.DEPLOY},
        checked_at=now,
        created_at=now,
    )


@pytest.fixture
def shop(account: CloudAccount, other: OtherSide, clock: Clock, settings: Any) -> Shop:
    worker = make_worker(versions=2)
    new, old = worker.versions.newest_first()
    make_deployment(worker, (old, 100), message="First")
    follow(account, {"shop": HOST}, Actor(None, "shell", timezone.now()))
    maya = make_user("maya3", Role.OPERATOR)
    return Shop(account, worker, str(old.id), str(new.id), maya, clock, other)
