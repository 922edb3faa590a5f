"""The step dialog shows how the checks of both versions ended; a failed candidate goes back."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from dashboard.accounts.models import Role
from dashboard.smoketests.models import CheckResult, SmokeRun, SuiteEdit
from dashboard.smoketests.suites.edits import import_suite
from routing.models import Version, Worker
from tests.factories import make_deployment, make_user, make_version, make_worker


@pytest.fixture
def shop(db: None) -> Worker:
    """#2 beside #1, with a suite."""
    worker = make_worker("shop")
    stable = worker.versions.get()
    make_deployment(worker, (stable, 100))
    make_deployment(worker, (make_version("shop"), 10), (stable, 90))
    text = "name: smoke\nchecks: [{name: home}]"
    import_suite(worker=worker, text=text, author=None, source="shell", now=timezone.now())
    return worker


def run(version: Version, state: SmokeRun.State, verdict: str, minutes_ago: int = 1) -> SmokeRun:
    at = timezone.now() - timedelta(minutes=minutes_ago)
    made = SmokeRun.objects.create(
        edit=SuiteEdit.objects.get(), version=version, state=state, started_at=at
    )
    CheckResult.objects.create(run=made, position=0, name="home", edge="a", verdict=verdict)
    return made


def dialog(worker: Worker) -> str:
    client = Client()
    client.force_login(make_user("maya", Role.OPERATOR))
    version = worker.versions.get(number=2)
    answer = client.get(f"/workers/shop/split/?version={version.id}&percentage=50")
    assert answer.status_code == 200
    return answer.content.decode()


def test_without_a_run_nothing_is_claimed(shop: Worker) -> None:
    assert "last-runs" not in dialog(shop)


def test_the_newest_run_of_each_version_is_linked(shop: Worker) -> None:
    candidate = shop.versions.get(number=2)
    old = run(candidate, SmokeRun.State.FAILED, "failed", minutes_ago=9)
    new = run(candidate, SmokeRun.State.PASSED, "passed")
    html = dialog(shop)
    assert str(new.pk) in html and str(old.pk) not in html
    assert "1 of 1 checks passed" in html
    assert "never checked" in html, "stable"
    assert "data-instead" not in html


def test_a_candidate_that_failed_its_checks_goes_back_first(shop: Worker) -> None:
    run(shop.versions.get(number=2), SmokeRun.State.FAILED, "failed")
    html = dialog(shop)
    assert "0 of 1 checks passed" in html
    assert "data-instead" in html


def test_a_failed_stable_version_changes_no_button(shop: Worker) -> None:
    run(shop.versions.get(number=1), SmokeRun.State.FAILED, "failed")
    assert "data-instead" not in dialog(shop)
