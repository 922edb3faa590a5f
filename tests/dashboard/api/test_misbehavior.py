"""Faults on request: each does to clients what Cloudflare does, and none is on by accident."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from dashboard import misbehavior
from routing.models import Deployment, Worker
from tests.factories import make_deployment, make_traffic, make_version, make_worker

DEPLOYMENTS = "/workers/scripts/shop/deployments"
FIGURES = """query($tag: string!) { viewer { accounts(filter: {accountTag: $tag}) {
  workersInvocationsAdaptive(limit: 10) { sum { requests } avg { sampleInterval } } } } }"""


@pytest.fixture
def misbehave(settings, tmp_path):
    """Switches exactly these faults on."""
    settings.MISBEHAVIOR_FILE = tmp_path / "faults.json"
    misbehavior._deployed_at.clear()

    def switch(**faults):
        misbehavior._read.clear()
        settings.MISBEHAVIOR_FILE.write_text(json.dumps(faults))

    return switch


@pytest.fixture
def versions(db):
    worker = make_worker(versions=2)
    new, old = worker.versions.newest_first()
    make_deployment(worker, (old, 100))
    return new, old


def deploy(api, version, share=100, **extra):
    return api("POST", DEPLOYMENTS, split(version, share), **extra)


def split(version, share=100):
    return {
        "strategy": "percentage",
        "versions": [{"version_id": str(version.id), "percentage": share}],
    }


def figures(api, settings):
    body = {"query": FIGURES, "variables": {"tag": settings.ACCOUNT_ID}}
    answer = api.raw("POST", "/graphql", body).json()
    assert answer["errors"] is None
    return answer["data"]["viewer"]["accounts"][0]["workersInvocationsAdaptive"]


def test_without_the_setting_nothing_misbehaves(api, versions, tmp_path):
    (tmp_path / "faults.json").write_text('{"throttled": true}')
    assert misbehavior.faults() == misbehavior.Faults()
    assert api("GET", DEPLOYMENTS).status == 200


def test_an_unknown_fault_is_an_error(misbehave):
    misbehave(trotled=True)
    with pytest.raises(ValueError, match="trotled"):
        misbehavior.faults()


def test_analytics_are_late_and_sampled(api, versions, misbehave, settings):
    make_traffic("shop", 1003, version_id=versions[0].id, minutes_ago=1)
    assert figures(api, settings)[0]["sum"] == {"requests": 1003}
    misbehave(analytics_late_seconds=120)
    assert figures(api, settings) == []
    misbehave(analytics_sample_interval=4)
    assert figures(api, settings) == [{"sum": {"requests": 1000}, "avg": {"sampleInterval": 4}}]


def test_429_for_five_minutes_from_the_change_of_the_file(api, versions, misbehave, monkeypatch):
    misbehave(throttled=True)
    answer = api("GET", DEPLOYMENTS)
    assert answer.refusal == (429, 971) and 290 < int(answer.response["Retry-After"]) <= 300
    later = misbehavior.faults().changed_at + 301
    monkeypatch.setattr(misbehavior.time, "time", lambda: later)
    assert api("GET", DEPLOYMENTS).status == 200


def test_a_missing_permission_is_403_for_its_calls_only(api, versions, misbehave, settings):
    misbehave(lacks=["scripts_edit", "analytics", "observability", "tail", "code"])
    assert deploy(api, versions[0]).refusal == (403, 10000)
    assert api("GET", DEPLOYMENTS).status == 200
    assert api("POST", "/workers/scripts/shop/tails", {}).refusal == (403, 10000)
    telemetry = "/workers/observability/telemetry/keys"
    assert api("POST", telemetry, {}).refusal == (403, 10000)
    version = f"/workers/workers/shop/versions/{versions[0].id}"
    assert api("GET", version).status == 200
    assert api("GET", f"{version}?include=modules").refusal == (403, 10000)
    answer = api.raw("POST", "/graphql", {"query": FIGURES})
    assert answer.status_code == 200
    assert answer.json()["errors"][0]["extensions"]["code"] == "authz"


def test_changed_secrets_need_force_and_durable_objects_another_command(api, versions, misbehave):
    misbehave(secrets_changed=["KEY", "PIN"], durable_object_changed=True)
    refused = deploy(api, versions[0])
    assert refused.refusal == (400, 10220)
    assert "The following secrets have changed: KEY, PIN" in refused.message
    assert api("POST", f"{DEPLOYMENTS}?force=true", split(versions[0])).status == 200
    assert api.post().refusal == (412, 10211)


def test_a_write_whose_answer_is_lost_took_effect(api, versions, misbehave):
    misbehave(lost_answer_seconds=0)
    assert deploy(api, versions[0]).status == 504
    assert str(Deployment.objects.newest_first()[0].shares.get().version_id) == str(versions[0].id)


def test_somebody_deploys_between_read_and_write_once_and_there_is_no_409(api, versions, misbehave):
    new, old = versions
    other = make_version("shop")
    misbehave(deploy_before_write={"versions": [[str(other.id), 100]], "message": "mine"})
    assert deploy(api, new).status == 200
    assert deploy(api, old).status == 200
    messages = [d.message for d in Worker.objects.get().deployments.newest_first()]
    assert messages == ["", "", "mine", ""]


def test_ten_viewers_and_what_is_left(api, versions, misbehave):
    misbehave(tail_viewers=1, rate_remaining=399)
    assert api("POST", "/workers/scripts/shop/tails", {}).status == 200
    assert api("POST", "/workers/scripts/shop/tails", {}).status == 429
    assert api.raw("GET", "/user")["X-RateLimit-Remaining"] == "399"


def test_a_token_of_the_account(api, misbehave):
    misbehave(account_token=True)
    refused = api.raw("GET", "/user/tokens/verify")
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (401, 1000)
    assert api("GET", "/tokens/verify").result["status"] == "active"


def test_a_deployment_reaches_edges_later(versions, misbehave, monkeypatch):
    slept = []
    monkeypatch.setattr(misbehavior.time, "sleep", slept.append)
    misbehave(propagation_seconds=5)
    newest = Deployment.objects.newest_first()[0]
    misbehavior.wait_for_propagation(newest.created_on + timedelta(seconds=2))
    misbehavior.wait_for_propagation(timezone.now() + timedelta(seconds=60))
    assert slept == [pytest.approx(3), 0]
