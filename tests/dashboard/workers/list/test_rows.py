"""The list shows what is true now: what it remembers can never be out of date."""

import re

import pytest
from django.utils import timezone

from dashboard.live.pages import fragments
from dashboard.live.pages.fragments import UpdateReason
from routing.control import revision
from routing.control.deploy import delete_worker
from routing.control.subdomain import set_subdomain
from routing.models import Deployment, Share, Worker
from tests.factories import (
    make_deployment,
    make_draft,
    make_edge,
    make_traffic,
    make_user,
    make_version,
    make_worker,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def shown(maya):
    """One that ramps, one that is stable, one that was never deployed; and they were seen."""
    for name in ("ramp", "calm", "new"):
        worker = make_worker(name, versions=2)
        one, two = worker.versions.order_by("number")
        if name != "new":
            make_deployment(worker, (one, 100))
        if name == "ramp":
            make_deployment(worker, (two, 5), (one, 95))
    maya.get("/workers/")


def write_deployment(worker, shares, **given):
    """As another process does: only the database knows."""
    fields = {"source": "api", "triggered_by": "deployment", "created_on": timezone.now()}
    revision.lock()
    made = Deployment(worker=worker, number=2, revision=revision.advance(worker), **fields, **given)
    Deployment.objects.bulk_create([made])
    Share.objects.bulk_create(
        Share(deployment=made, version=version, position=position, weight=weight)
        for position, (version, weight) in enumerate(shares)
    )


def row_of(client, name, query=""):
    """The Worker's row as people read it."""
    html = client.get(f"/workers/{query}").content.decode()
    found = re.search(f'<tr id="w-{name}">.*?</tr>', html, re.DOTALL)
    return " ".join(re.sub("<[^>]+>", " ", found[0]).split()) if found else ""


def test_what_is_live_is_never_that_of_the_request_before(maya, shown):
    worker = Worker.objects.get(name="ramp")
    one, two = worker.versions.order_by("number")
    assert "Candidate 5% #2 Stable 95% #1" in row_of(maya, "ramp")
    make_deployment(worker, (two, 12.5), (one, 87.5), source="wrangler")
    row = row_of(maya, "ramp")
    assert "Candidate 12.5% #2 Stable 87.5% #1" in row and "via wrangler" in row
    make_deployment(worker, (one, 100), message="Too slow")
    row = row_of(maya, "ramp")
    assert "Rolled back “Too slow” Stable 100%" in row and "via dashboard" in row
    assert row_of(maya, "ramp", "?state=rolled-back") and not row_of(maya, "ramp", "?state=ramping")


def test_what_another_process_wrote_is_live_at_once(maya, shown):
    worker = Worker.objects.get(name="calm")
    one, two = worker.versions.order_by("number")
    assert "Stable 100%" in row_of(maya, "calm")
    write_deployment(worker, [(two, 30_000), (one, 70_000)])
    assert "Ramping 30%" in row_of(maya, "calm") and "via API" in row_of(maya, "calm")


def test_workers_come_go_and_change_at_once(maya, shown):
    by = {"author": None, "source": "api", "now": timezone.now()}
    assert row_of(maya, "calm") and not row_of(maya, "added")
    added = make_worker("added")
    assert "Never deployed" in row_of(maya, "added") and "added.localhost" in row_of(maya, "added")
    for worker in (added, Worker.objects.get(name="calm")):
        set_subdomain(worker=worker, enabled=False, previews=True, **by)
        assert "service bindings only" in row_of(maya, worker.name)
    make_deployment(added)
    assert "Stable 100%" in row_of(maya, "added")
    delete_worker(worker=added, **by)
    assert not row_of(maya, "added")
    make_worker("added")
    assert "Never deployed" in row_of(maya, "added")


def test_a_search_finds_what_has_just_been_uploaded(maya, shown):
    assert not row_of(maya, "calm", "?q=v9.9")
    make_version("calm", make_draft(tag="v9.9.1"))
    assert "version #3 matches" in row_of(maya, "calm", "?q=v9.9")
    assert "matches" not in row_of(maya, "calm")


def test_who_is_gone_is_an_address_and_nobody_somebody(maya):
    jonas = make_user("jonas")
    make_deployment(make_worker("shop"), author=jonas)
    make_deployment(make_worker("cart"))
    assert "j jonas" in row_of(maya, "shop") and "s system" in row_of(maya, "cart")
    worker = Worker.objects.get(name="cart")
    write_deployment(worker, [(worker.versions.get(), 100_000)], author_email="ex@example.test")
    assert "ex@example.test" in row_of(maya, "cart")


def test_a_version_that_is_not_live_makes_no_worker_ill(maya, shown):
    version = Worker.objects.get(name="new").versions.first()
    make_edge(status={"versions": {str(version.id): {"state": "hung"}}})
    make_traffic("new", 1000, failed=800, version_id=version.id, minutes_ago=3)
    assert not row_of(maya, "new", "?state=unhealthy")
    assert "Never deployed" in row_of(maya, "new")


def test_a_pushed_row_is_the_row_of_the_page(maya, shown):
    for name in ("ramp", "calm", "new"):
        page = maya.get("/workers/").content.decode()
        row = re.search(f'<tr id="w-{name}">.*?</tr>', page, re.DOTALL)[0]
        assert row in fragments.render("workers", UpdateReason.DEPLOYMENT, name).html


def test_what_a_machine_deployed_has_a_mark_of_its_own(maya):
    robot = make_user("ci-bot", by_token_only=True)
    make_deployment(make_worker("shop"), author=robot)
    make_deployment(make_worker("cart"), author=make_user("jonas"))
    marks = re.findall(
        r'<span class="(avatar[^"]*)" aria-hidden="true">([cj])<',
        maya.get("/workers/").content.decode(),
    )
    assert sorted(marks) == [("avatar", "j"), ("avatar avatar-machine", "c")]
