"""While a rollout runs only it deploys; after a way back, API tokens wait for a person."""

from __future__ import annotations

import ast
from pathlib import Path
from uuid import uuid4

import pytest
from django.utils import timezone

from dashboard.reviews import gate
from dashboard.reviews.models import DeployHold
from routing.control.deploy import DeployRefused
from routing.models import Deployment, Version, Worker
from tests.dashboard.reviews.conftest import Reviewed
from tests.factories import make_deployment, make_draft, make_worker, says_fine


@pytest.fixture
def worker(db: None) -> Worker:
    worker = make_worker("shop", versions=2)
    make_deployment(worker)
    return worker


def hold(worker: Worker, kind: DeployHold.Kind = DeployHold.Kind.RUNNING) -> DeployHold:
    return DeployHold.objects.create(
        worker=worker,
        kind=kind,
        rollout_id=uuid4(),
        username="maya",
        facts={"number": 2, "tag": "v1.42.0", "state": "ramping", "percentage": "20%"},
        created_at=timezone.now(),
    )


def deploy(worker: Worker, **given: object) -> Deployment:
    version = worker.versions.first()
    assert version is not None
    asked = {"by_token": False, "author": None, "source": "dashboard", "now": timezone.now()}
    return gate.deploy(worker=worker, shares=[(str(version.id), 100)], **(asked | given))  # type: ignore[arg-type]


def test_without_a_hold_everybody_deploys(worker: Worker) -> None:
    assert deploy(worker, by_token=True).number == 2


def test_a_running_rollout_says_who_what_where_and_how_to_take_over(worker: Worker) -> None:
    hold(worker)
    with pytest.raises(gate.DeployHeld) as held:
        deploy(worker)
    for words in ("maya", "#2 v1.42.0", "ramping at 20%", "rollout abort --worker shop"):
        assert words in str(held.value)
    assert worker.deployments.count() == 1


def test_the_rollout_itself_passes_its_own_hold(worker: Worker) -> None:
    assert deploy(worker, rollout_id=hold(worker).rollout_id).number == 2


def test_after_a_way_back_only_tokens_wait(worker: Worker) -> None:
    hold(worker, DeployHold.Kind.AFTER_ROLLBACK)
    with pytest.raises(gate.DeployHeld, match="rollout resume --worker shop"):
        deploy(worker, by_token=True)
    assert deploy(worker).number == 2


def test_an_upload_that_goes_live_is_refused_before_it_is_stored(worker: Worker) -> None:
    hold(worker)
    started = []
    asked = {
        "worker_name": "shop",
        "draft": make_draft(),
        "author": None,
        "source": "wrangler",
        "triggered_by": "upload",
        "now": timezone.now(),
        "inspect": lambda *a, **k: started.append(1) or says_fine(),
    }
    with pytest.raises(gate.DeployHeld):
        gate.upload(by_token=True, live=True, **asked)
    assert not started
    assert Version.objects.count() == 2
    gate.upload(by_token=True, **asked)
    assert Version.objects.count() == 3


def test_a_worker_is_not_deleted_under_its_rollout(worker: Worker) -> None:
    running = hold(worker)
    asked = {"by_token": False, "author": None, "source": "dashboard", "now": timezone.now()}
    with pytest.raises(gate.DeployHeld, match="not deleted"):
        gate.delete_worker(worker=worker, **asked)
    running.delete()
    gate.delete_worker(worker=worker, **asked)
    assert not Worker.objects.exists()


def test_a_token_does_not_delete_its_way_around_a_hold(worker: Worker) -> None:
    hold(worker, DeployHold.Kind.AFTER_ROLLBACK)
    asked = {"author": None, "source": "api", "now": timezone.now()}
    with pytest.raises(gate.DeployHeld, match="rollout resume --worker shop"):
        gate.delete_worker(worker=worker, by_token=True, **asked)
    gate.delete_worker(worker=worker, by_token=False, **asked)
    assert not Worker.objects.exists()


def test_nobody_else_calls_the_deploying_functions() -> None:
    """Imports of `routing.control.deploy`'s and `routing.control.upload`'s acts anywhere else in
    the dashboard."""
    acts = {"deploy", "rollback", "delete_worker", "upload_version"}
    callers = {
        str(path)
        for path in Path("dashboard").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom)
        and node.module in ("routing.control.deploy", "routing.control.upload")
        if acts & {alias.name for alias in node.names}
    }
    callers.remove("dashboard/misbehavior.py")  # a fault of tests: another client deploys
    assert callers == {"dashboard/reviews/gate.py"}


def test_a_token_does_not_delete_its_way_around_a_policy(shop: Reviewed) -> None:
    asked = {"worker": shop.worker, "author": shop.ada, "source": "api", "now": timezone.now()}
    with pytest.raises(DeployRefused, match="policy follow-account --worker shop") as refused:
        gate.delete_worker(by_token=True, **asked)
    assert refused.value.code == "review"
    gate.delete_worker(by_token=False, **asked)
    assert not Worker.objects.exists()
