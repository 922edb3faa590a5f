"""What the list is sent because of traffic: cells, and whole rows when errors turn."""

from datetime import timedelta

import pytest
from django.utils import timezone

from dashboard.live import parts
from dashboard.live.parts import Why
from dashboard.workers import live
from tests.factories import make_deployment, make_traffic, make_worker

pytestmark = pytest.mark.django_db
ROW = '<tr id="w-shop">'


def pushed():
    return " ".join(parts.render("workers", Why.METRICS).html.split())


def test_the_row_is_sent_when_errors_become_too_many_and_when_they_cease(monkeypatch):
    monkeypatch.setattr(live, "_erring", {})
    worker = make_worker("shop")
    version = make_deployment(worker).shares.get().version_id
    make_worker("calm")
    make_traffic("shop", 1000, version_id=version)
    make_traffic("calm", 1000)
    assert 'id="t-shop"' in pushed() and ROW not in pushed()

    make_traffic("shop", 200, failed=80, version_id=version)
    html = pushed()
    assert ROW in html and "errors rising" in html and 'id="w-calm"' not in html
    assert ROW not in pushed(), "it was told"

    later = timezone.now() + timedelta(minutes=10)
    monkeypatch.setattr("django.utils.timezone.now", lambda: later)
    html = pushed()
    assert ROW in html and "errors" not in html.replace("error-rate", "")
    assert ROW not in pushed()


def test_a_version_that_is_not_live_turns_no_row_bad(monkeypatch):
    monkeypatch.setattr(live, "_erring", {})
    make_deployment(make_worker("shop"))
    make_traffic("shop", 200, failed=80, version_id="00000000-0000-4000-8000-000000000000")
    assert "errors rising" not in pushed()
