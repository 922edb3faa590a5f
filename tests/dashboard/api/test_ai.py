"""Bindings to Workers AI: off without a host, signed for edges with one."""

import pytest

from dashboard.workers.queries.version_facts import bindings
from routing.control.publish import publish
from routing.models import Version, Worker
from tests.dashboard.api.conftest import METADATA, Api

pytestmark = pytest.mark.django_db
BOUND = METADATA | {"bindings": [{"name": "AI", "type": "ai"}]}


def test_without_a_host_an_upload_is_refused_by_name(api: Api, settings):
    settings.AI_URL = ""
    refused = api.put(metadata=BOUND)
    assert refused.refusal == (400, 90001) and "Workers AI" in refused.message
    assert not Worker.objects.exists()


def test_with_a_host_an_edge_gets_a_capability_of_the_worker(api: Api, settings):
    settings.AI_URL, settings.AI_KEY = "http://127.0.0.1:9/v1", "s3cret"
    assert api.put(metadata=BOUND).status == 200
    version = Version.objects.get()
    [bound] = publish().workers[0].versions[0].bindings
    kind, worker, capability = bound.secret.reveal().split(":")
    assert (kind, worker, len(capability)) == ("ai", "shop", 64)
    shown = api("GET", f"/workers/scripts/shop/versions/{version.id}").result["resources"]
    assert shown["bindings"] == [{"name": "AI", "type": "ai"}]
    assert [(fact.name, fact.value, fact.kind) for fact in bindings(version)] == [("AI", "", "ai")]
