"""Tail Workers of a Worker: checked, published at once."""

import pytest
from django.utils import timezone

from routing.agent.inspection.inspection import Inspection
from routing.control import publish
from routing.control.worker_settings import change_settings, producers_of, tail_workers
from routing.models import DesiredState, Worker
from routing.snapshot import Export
from routing.upload_draft import UploadRefused
from tests.factories import make_deployment, make_version, make_worker

pytestmark = pytest.mark.django_db
TAIL = Inspection((Export(name="default", kind="object", handlers=("tail",)),), 1)


def change(worker, *names):
    changes = {"tail_consumers": [{"service": name} for name in names]}
    return change_settings(worker, changes, author=None, source="api", now=timezone.now())


@pytest.fixture
def shop():
    worker = make_worker("shop")
    make_deployment(worker)
    return worker


@pytest.fixture
def logs():
    return make_version("logs", inspect=lambda *_, **__: TAIL).worker


def test_edges_learn_of_a_change_at_once(shop, logs):
    before = DesiredState.objects.get().revision
    change(shop, "logs")
    sent = publish.publish(before).workers
    assert [(spec.name, spec.tail_consumers) for spec in sent] == [("shop", ("logs",))]
    assert producers_of("logs") == ["shop"] and tail_workers() == {"logs"}
    after = DesiredState.objects.get().revision
    change(Worker.objects.get(name="shop"), "logs")
    assert DesiredState.objects.get().revision == after
    change(Worker.objects.get(name="shop"))
    assert publish.publish(after).workers[0].tail_consumers == ()


@pytest.mark.parametrize("names", [("ghost",), ("shop",), ("plain",), ["logs"] * 11])
def test_others_than_tail_workers_are_refused(shop, logs, names):
    make_version(make_worker("plain"))
    with pytest.raises(UploadRefused) as refused:
        change(shop, *names)
    assert refused.value.kind == "tail_consumer"
    assert Worker.objects.get(name="shop").settings == {}


def test_an_older_version_counts_while_it_is_live(shop, logs):
    make_deployment(logs)
    make_version(logs)
    change(shop, "logs")
    assert producers_of("logs") == ["shop"]
