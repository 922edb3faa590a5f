"""The official Python SDK against the real server and the real runtime."""

from __future__ import annotations

import base64
import re

import cloudflare
import pytest

from tests.factories import CODE

pytestmark = [pytest.mark.real, pytest.mark.in_order]
ESM = "application/javascript+module"
METADATA = {"main_module": "index.js", "compatibility_date": "2026-08-01", "bindings": []}


@pytest.fixture(scope="module")
def sdk(plane):
    with cloudflare.Cloudflare(base_url=plane.base_url, api_token=plane.token) as client:
        yield client


@pytest.fixture(scope="module")
def account(plane):
    return plane.account_id


def files(code: bytes = CODE):
    return [("index.js", code, ESM)]


@pytest.fixture(scope="module")
def store(sdk, account):
    """Ids of two versions; the first one is live."""
    scripts = sdk.workers.scripts
    first = scripts.update("store", account_id=account, metadata=METADATA, files=files())
    assert first.startup_time_ms >= 0 and first.handlers == ["fetch"]
    second = scripts.versions.with_raw_response.create(
        "store",
        account_id=account,
        metadata=METADATA | {"annotations": {"workers/tag": "two"}},
        files=files(CODE + b"\n// two"),
    )
    live = scripts.deployments.list("store", account_id=account).result.deployments[0]
    return live["versions"][0]["version_id"], second.http_response.json()["result"]["id"]


def test_versions_page_until_they_end(sdk, account, store):
    versions = sdk.workers.scripts.versions
    listed = [v.id for v in versions.list("store", account_id=account, per_page=1)]
    assert listed == [store[1], store[0]]
    deployable = [v.id for v in versions.list("store", account_id=account, deployable=True)]
    assert deployable == listed
    one = versions.with_raw_response.get(store[1], account_id=account, script_name="store")
    found = one.http_response.json()["result"]
    assert found["annotations"]["workers/tag"] == "two" and found["metadata"]["source"] == "api"


def test_deployments(sdk, account, store):
    deployments = sdk.workers.scripts.deployments
    made = deployments.create(
        "store",
        account_id=account,
        strategy="percentage",
        versions=[
            {"version_id": store[1], "percentage": 33.333},
            {"version_id": store[0], "percentage": 66.667},
        ],
        annotations={"workers_message": "a third"},
    )
    assert [v.percentage for v in made.versions] == [33.333, 66.667] and made.source == "api"
    assert made.annotations.workers_message == "a third"
    got = deployments.get(made.id, account_id=account, script_name="store")
    assert got.versions == made.versions and got.author_email == "alice@example.test"
    with pytest.raises(cloudflare.BadRequestError, match="never deleted"):
        deployments.delete(made.id, account_id=account, script_name="store")
    forced = [{"version_id": store[0], "percentage": 100}]
    deployments.create(
        "store", account_id=account, strategy="percentage", versions=forced, force=True
    )


def test_refusals_are_the_sdks_own_exceptions(sdk, account, store):
    deployments = sdk.workers.scripts.deployments
    half = [{"version_id": store[0], "percentage": 50}]
    with pytest.raises(cloudflare.BadRequestError, match="must have 100%"):
        deployments.create("store", account_id=account, strategy="percentage", versions=half)
    with pytest.raises(cloudflare.NotFoundError):
        sdk.workers.scripts.settings.get("nobody", account_id=account)
    wrong = sdk.with_options(api_token="wrong")
    with pytest.raises(cloudflare.PermissionDeniedError):
        list(wrong.workers.scripts.list(account_id=account))


def test_scripts(sdk, account, store):
    scripts = sdk.workers.scripts
    assert "store" in [script.id for script in scripts.list(account_id=account)]
    assert "Response" in scripts.get("store", account_id=account)
    content = scripts.content.get("store", account_id=account)
    assert b"Response" in content.read()
    edited = scripts.settings.edit("store", account_id=account, logpush=True)
    assert edited.logpush is True
    assert scripts.settings.get("store", account_id=account).logpush is True
    switched = scripts.subdomain.create("store", account_id=account, enabled=True)
    assert switched.enabled and switched.previews_enabled
    assert scripts.subdomain.get("store", account_id=account).enabled
    subdomain = sdk.workers.subdomains.get(account_id=account).subdomain
    assert re.fullmatch(r"localhost:\d+/#", subdomain)
    assert scripts.schedules.update("store", account_id=account, body=[]).schedules == []


def test_secrets(sdk, account):
    scripts = sdk.workers.scripts
    scripts.update("safe", account_id=account, metadata=METADATA, files=files())
    secrets = scripts.secrets
    secrets.update("safe", account_id=account, name="KEY", text="hunter2", type="secret_text")
    assert [s.name for s in secrets.list("safe", account_id=account)] == ["KEY"]
    assert secrets.get("KEY", account_id=account, script_name="safe").type == "secret_text"
    secrets.delete("KEY", account_id=account, script_name="safe")
    assert list(secrets.list("safe", account_id=account)) == []
    scripts.delete("safe", account_id=account, force=True)
    assert "safe" not in [script.id for script in scripts.list(account_id=account)]


def test_the_newer_resource(sdk, account):
    workers = sdk.workers.beta.workers
    made = workers.create(account_id=account, name="newer", tags=["a"])
    assert made.tags == ["a"] and made.id
    module = {
        "name": "index.js",
        "content_type": ESM,
        "content_base64": base64.b64encode(CODE).decode(),
    }
    version = workers.versions.create(
        made.id,
        account_id=account,
        deploy=True,
        main_module="index.js",
        compatibility_date="2026-08-01",
        modules=[module],
        bindings=[{"name": "V", "type": "plain_text", "text": "1"}],
    )
    assert version.number == 1 and version.bindings[0].text == "1"
    latest = workers.versions.get(
        "latest", account_id=account, worker_id=made.id, include="modules"
    )
    assert latest.id == version.id and latest.modules[0].name == "index.js"
    assert [v.id for v in workers.versions.list("newer", account_id=account)] == [version.id]
    assert "newer" in [w.name for w in workers.list(account_id=account)]
    assert workers.get("newer", account_id=account).deployed_on is not None
    changed = {
        "name": "newer",
        "tags": ["b"],
        "logpush": True,
        "observability": {"enabled": True},
        "subdomain": {"enabled": True},
        "tail_consumers": [],
    }
    for change in (workers.edit, workers.update):
        edited = change("newer", account_id=account, **changed)
        assert edited.tags == ["b"] and edited.logpush and edited.subdomain.enabled
    workers.delete(made.id, account_id=account)
    with pytest.raises(cloudflare.NotFoundError):
        workers.get(made.id, account_id=account)


def test_identity(sdk, account):
    assert sdk.user.get() is not None
    assert [a.id for a in sdk.accounts.list()] == [account]
    assert sdk.accounts.get(account_id=account).name == "Sluice"
    assert sdk.user.tokens.verify().status == "active"
    assert [m.account.id for m in sdk.memberships.list()] == [account]
