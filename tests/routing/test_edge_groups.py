from datetime import timedelta

import pytest
from django.utils import timezone

from routing.models import Edge, Worker, runs_in
from tests.factories import make_edge, make_worker

pytestmark = pytest.mark.django_db


def in_groups(worker, *groups):
    worker.groups = groups
    worker.save(update_fields=["group_names"])


def names(rows):
    return [row.name for row in rows]


def test_a_worker_runs_in_its_groups_or_in_all():
    shop, api = make_worker("shop"), make_worker("api")
    in_groups(api, "us", "eu")
    assert (shop.groups, api.groups) == ((), ("eu", "us"))
    assert names(Worker.objects.filter(runs_in("eu"))) == ["api", "shop"]
    assert names(Worker.objects.filter(runs_in("default"))) == ["shop"]
    assert names(Worker.objects.filter(runs_in("e"))) == ["shop"]
    in_groups(api)
    assert api.group_names == ""


def test_the_edges_of_a_worker_are_those_of_its_groups():
    make_edge(name="one"), make_edge(name="two", group="eu")
    in_groups(make_worker("shop"), "eu")
    make_worker("api")
    assert names(Edge.objects.running("shop")) == ["two"]
    assert names(Edge.objects.running("api")) == ["one", "two"] == names(Edge.objects.running("x"))


def test_a_removed_edge_stays_in_the_database_only():
    edge = make_edge(name="one", removed_at=timezone.now())
    assert not Edge.objects.exists() and Edge.with_removed.get() == edge
    assert make_edge(name="one").name == "one"


def test_a_draining_edge_that_went_silent_has_left():
    now = timezone.now()
    late = now - timedelta(seconds=15)
    make_edge(name="a", draining_at=now, last_seen_on=now)
    make_edge(name="b", draining_at=now, last_seen_on=late)
    make_edge(name="c", last_seen_on=late)
    assert names(Edge.objects.expected(silent_since=late)) == ["a", "c"]
