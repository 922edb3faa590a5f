"""Where a Worker runs, on its settings page."""

import pytest

from dashboard.accounts.models import Role
from dashboard.api.acts.upload import upload_warnings
from dashboard.api.http.errors import CUT_CALL
from dashboard.fleet.propagation import meter_of
from routing.models import AuditEntry, Worker
from routing.snapshot import BindingSpec
from tests.factories import (
    make_deployment,
    make_draft,
    make_edge,
    make_user,
    make_version,
    make_worker,
)

pytestmark = pytest.mark.django_db
URL = "/workers/shop/settings/groups/"


@pytest.fixture
def ada(client):
    client.force_login(make_user("ada", Role.ADMIN))
    make_edge(name="local-1")
    make_edge(name="berlin-1", group="eu")
    make_deployment(make_worker("shop"))
    return client


def groups():
    return Worker.objects.get(name="shop").groups


def test_a_worker_is_limited_to_groups_and_only_their_edges_count(ada):
    assert ada.post(URL, {"group": ["eu"]}).status_code == 302
    page = ada.get("/workers/shop/settings/").content.decode()
    assert groups() == ("eu",) and 'data-groups="eu"' in page
    deployment = Worker.objects.get(name="shop").deployments.get()
    meter = meter_of("shop", deployment.revision, deployment.created_on)
    assert [cell.edge for cell in meter.cells] == ["berlin-1"]
    ada.post(URL, {})
    assert groups() == ()
    assert AuditEntry.objects.filter(action="worker.groups", actor="ada").count() == 2


def test_separating_workers_that_call_each_other_takes_one_more_consent(ada):
    binding = BindingSpec(name="SHOP", type="service", options={"service": "shop"})
    make_deployment(make_version("caller", make_draft(bindings=(binding,))).worker)
    refused = ada.post(URL, {"group": ["eu"]})
    text = refused.content.decode()
    assert refused.status_code == 422 and groups() == ()
    assert 'data-cut="caller shop"' in text and 'value="eu" checked' in text
    assert ada.post(URL, {"group": ["eu"], "force": "on"}).status_code == 302
    assert groups() == ("eu",)


def test_only_admins_place_workers(ada):
    ada.force_login(make_user("maya", Role.OPERATOR))
    assert ada.post(URL, {"group": ["eu"]}).status_code == 403
    assert groups() == () and b"why-no-groups" in ada.get("/workers/shop/settings/").content


def test_a_deployment_warns_of_calls_that_lead_out_of_the_group(ada):
    binding = BindingSpec(name="SHOP", type="service", options={"service": "shop"})
    make_deployment(make_version("caller").worker)
    version = make_version("caller", make_draft(bindings=(binding,)))
    form = f"/workers/caller/split/?version={version.id}&percentage=50"
    assert "data-cut-calls" not in ada.get(form).content.decode()
    ada.post(URL, {"group": ["eu"], "force": "on"})
    assert "data-cut-calls" in ada.get(form).content.decode()
    [(code, message)] = upload_warnings(version)
    assert code == CUT_CALL and "SHOP" in message and "on every edge" in message
