"""What the list is sent because of traffic: cells, and whole rows when a version is flagged."""

import pytest
from django.utils import timezone

from dashboard.live.pages import fragments
from dashboard.live.pages.fragments import UpdateReason
from dashboard.observability.flags.flags import acknowledge, judge
from dashboard.workers import push
from tests.factories import make_deployment, make_traffic, make_user, make_worker

pytestmark = pytest.mark.django_db
ROW = '<tr id="w-shop">'


def pushed():
    return " ".join(fragments.render("workers", UpdateReason.METRICS).html.split())


def test_rows_are_sent_when_a_version_is_flagged_and_when_a_person_acknowledges(monkeypatch):
    sent = []
    monkeypatch.setattr(push, "changed", lambda *news: sent.append(news))
    version = str(make_deployment(make_worker("shop")).shares.get().version_id)
    make_traffic("shop", 10, failed=9, version_id=version)
    (flag,) = judge(timezone.now())
    told = [("worker:shop", UpdateReason.EDGES, "shop"), ("workers", UpdateReason.EDGES, "shop")]
    assert (flag.version_id, sent) == (version, told)
    row = fragments.render("workers", UpdateReason.EDGES, "shop").html
    assert ROW in row and "Errors high" in row
    acknowledge("shop", version, make_user("maya"), timezone.now())
    assert sent == told * 2
    assert "Errors high" not in fragments.render("workers", UpdateReason.EDGES, "shop").html


def test_traffic_alone_sends_no_rows():
    version = make_deployment(make_worker("shop")).shares.get().version_id
    make_traffic("shop", 200, failed=80, version_id=version)
    assert 'id="t-shop"' in pushed() and ROW not in pushed()
