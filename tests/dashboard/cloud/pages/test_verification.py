"""The Worker page calls a deployment confirmed only when probes confirmed it."""

import pytest
from django.utils import timezone

from dashboard.cloud.models import CloudChange, Verification
from tests.dashboard.cloud.pages.test_worker_page import PAGE, deploy, live, shop, shown
from tests.factories import make_deployment

__all__ = ["shop"]


@pytest.fixture
def on(settings, account, shop):
    settings.CLOUD_REQUESTS = True
    account.workers.create(name="shop", address="shop.example", address_confirmed_at=timezone.now())
    return shop


def state(page):
    return page.content.decode().partition('data-verification="')[2].partition('"')[0]


def test_a_deployment_from_elsewhere_is_not_called_confirmed(maya, shop):
    page = shown(maya)
    assert state(page) == "none" and b"deployed elsewhere" in page.content


def test_a_deployment_from_here_is_probed(maya, on):
    new, old = on
    deploy(maya, new, old, "25")
    row = Verification.objects.get()
    assert row.marker == CloudChange.objects.get().marker and row.state == "probing"
    assert state(shown(maya)) == "probing"
    Verification.objects.update(
        state="live",
        right=12,
        places=["FRA"],
        host="shop.example",
        probes=[{"right": True}] * 12,
        decisive=False,
        ended_at=timezone.now(),
    )
    page = shown(maya)
    note = page.context["verification"]
    assert (note.state, len(note.bars), note.again) == ("live", 12, False)
    assert "FRA" in note.title and "figures" in note.text
    # One from elsewhere takes its place, and with it what was confirmed.
    make_deployment(live().worker, (live().worker.versions.first(), 100), message="By hand")
    assert state(shown(maya)) == "none"


def test_requests_that_are_off_are_named(maya, shop):
    deploy(maya, *shop, "25")
    page = shown(maya)
    assert state(page) == "unverifiable" and b"SLUICE_CLOUD_REQUESTS" in page.content


def test_a_verification_that_needs_attention_can_be_tried_again(maya, vera, on):
    deploy(maya, *on, "25")
    marker = Verification.objects.get().marker
    Verification.objects.update(state="attention", why="other_version", ended_at=timezone.now())
    page = shown(maya)
    assert state(page) == "attention" and b'id="verify-again"' in page.content
    assert vera.post(f"{PAGE}verify/", {"marker": marker}).status_code == 403
    maya.post(f"{PAGE}verify/", {"marker": marker})
    assert Verification.objects.get().state == "probing"
    Verification.objects.update(state="live", ended_at=timezone.now())
    maya.post(f"{PAGE}verify/", {"marker": marker})
    assert Verification.objects.get().state == "live"
    assert maya.post(f"{PAGE}verify/", {"marker": "0" * 12}).status_code == 404


def test_an_unsure_deployment_is_probed_once_it_is_listed(maya, on, misbehave, monkeypatch):
    monkeypatch.setattr("dashboard.cloud.provider.cloudflare.READ_BACK", ())
    deploy(maya, *on, "25")
    assert CloudChange.objects.get().state == "unsure" and not Verification.objects.exists()
    assert state(shown(maya)) == "probing"
