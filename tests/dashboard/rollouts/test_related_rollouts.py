"""Two rollouts of Workers that call each other: a warning on the page, in the CLI, in the API."""

from __future__ import annotations

from html import unescape
from io import StringIO

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from dashboard.rollouts.actions.actions import ACTIONS, ActionRequest
from dashboard.rollouts.actions.start import start
from dashboard.rollouts.models import Rollout
from dashboard.rollouts.plans.form.preview import preview
from dashboard.rollouts.related_rollouts.queries import related_rollouts_of
from routing.snapshot import BindingSpec
from tests.dashboard.rollouts.conftest import Scene
from tests.dashboard.rollouts.playbook import plan_of
from tests.factories import make_deployment, make_draft, make_version, make_worker

BINDING = BindingSpec(name="PRICES", type="service", options={"service": "pricing"})


@pytest.fixture
def other(scene: Scene) -> Rollout:
    """A rollout of pricing, which the candidate of checkout calls."""
    pricing = make_worker("pricing")
    scene.candidate = make_version("checkout", make_draft(bindings=[BINDING]))
    make_deployment(pricing, (pricing.versions.get(), 100))
    return start(
        worker=pricing,
        version_id=str(make_version("pricing").id),
        plan=plan_of(),
        owner=scene.maya,
        source="dashboard",
        now=scene.now,
    )


def test_both_rollouts_know_each_other(scene: Scene, other: Rollout) -> None:
    ours = scene.start()
    assert [(n.rollout, n.is_called) for n in related_rollouts_of(ours)] == [(other, True)]
    assert [(n.rollout, n.is_called) for n in related_rollouts_of(other)] == [(ours, False)]


def test_an_ended_rollout_or_another_worker_is_no_neighbor(scene: Scene, other: Rollout) -> None:
    ACTIONS["abort"](other, ActionRequest(scene.maya, "dashboard", scene.now))
    Rollout.objects.filter(pk=other.pk).update(state="aborted")
    assert related_rollouts_of(scene.start()) == []


def test_pages_the_cli_and_the_preview_warn(scene: Scene, other: Rollout) -> None:
    client = Client()
    client.force_login(scene.maya)
    version = str(scene.candidate.id)
    asked = reverse("rollouts:worker", args=["checkout"]) + f"?version={version}"
    words = "runs on pricing, and checkout calls it by the service binding PRICES"
    assert words in unescape(client.get(asked).content.decode())
    assert words in preview(scene.worker, plan_of(), scene.now, version)["warnings"][0]
    warned = StringIO()
    call_command(
        "rollout", "start", "--worker", "checkout", "--version", version, "--steps", "100",
        stdout=StringIO(), stderr=warned,
    )  # fmt: skip
    assert words in warned.getvalue()
    page = client.get(reverse("rollouts:detail", args=["checkout", scene.rollout().pk]))
    assert words in unescape(page.content.decode())
    theirs = client.get(reverse("rollouts:detail", args=["pricing", other.pk]))
    assert "runs on checkout, and it calls pricing" in unescape(theirs.content.decode())
