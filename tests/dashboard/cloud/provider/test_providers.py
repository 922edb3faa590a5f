"""Both places answer the same questions; a deployment at Cloudflare is read, compared, written once
and read back."""

from datetime import timedelta

import pytest
from django.utils import timezone

from dashboard.accounts.actor import Actor
from dashboard.cloud.client.errors import CloudError, Kind
from dashboard.cloud.provider.capabilities import Capability, Level, cloudflare_table
from dashboard.cloud.provider.cloudflare import CloudflareProvider
from dashboard.cloud.provider.edges import EdgesProvider
from dashboard.cloud.provider.guarded_deploy import marked, split_marker
from dashboard.cloud.provider.guarded_upload import upload_outcome
from dashboard.cloud.provider.values import (
    DeployState,
    ModuleContent,
    Share,
    UploadDraft,
    UploadState,
    VersionSummary,
)
from dashboard.egress.client import SendFailed
from routing.models import CustomDomain, Deployment, WorkerRoute
from tests.factories import (
    make_deployment,
    make_edge,
    make_invocation,
    make_traffic,
    make_version,
    make_worker,
)


@pytest.fixture
def shop(other):
    worker = make_worker(versions=2)
    new, old = worker.versions.newest_first()
    make_deployment(worker, (old, 100), message="First")
    return str(new.id), str(old.id)


@pytest.fixture
def cloudflare(other):
    return CloudflareProvider(other.client(), cloudflare_table({}), sleep=lambda seconds: None)


@pytest.fixture(params=["edges", "cloudflare"])
def provider(request, cloudflare):
    if request.param == "cloudflare":
        return cloudflare
    return EdgesProvider(Actor(None, "dashboard", timezone.now()))


def live_id():
    return str(Deployment.objects.newest_first()[0].id)


def test_both_places_know_workers_versions_and_deployments(provider, shop):
    new, old = shop
    [worker] = provider.workers()
    assert worker.name == "shop" and worker.deployed_at
    assert [v.id for v in provider.versions("shop")] == [new, old]
    assert provider.version("shop", new).compatibility_date == "2026-08-01"
    [live] = provider.deployments("shop")
    assert live.shares == (Share(old, 100),) and live.message == "First"
    assert provider.addresses("shop")[0].host.startswith("shop.localhost")


def test_both_places_say_what_is_missing(provider, shop):
    for call in (lambda: provider.versions("none"), lambda: provider.version("shop", "none")):
        with pytest.raises(CloudError) as error:
            call()
        assert error.value.kind is Kind.MISSING


def test_both_places_count_by_version(provider, shop):
    make_traffic("shop", 300, failed=9, version_id=shop[0], minutes_ago=4)
    counts = provider.counts("shop", timezone.now() - timedelta(minutes=10))
    count = counts.of(shop[0])
    assert count.requests == count.seen == counts.seen == 300 and not count.estimated
    assert count.errors == 0 and count.p50 == pytest.approx(12, rel=0.02)


def test_both_places_deploy_on_condition(provider, shop):
    new, old = shop
    before = live_id()
    shares = [Share(new, 10), Share(old, 90)]
    done = provider.deploy("shop", shares, expected=before, message="Step")
    assert done.state is DeployState.LIVE and done.ours.shares == tuple(shares)
    assert done.ours.message == "Step"
    stale = provider.deploy("shop", [Share(new, 100)], expected=before, message="x")
    assert stale.state is DeployState.STALE and stale.live.id == done.ours.id
    assert Deployment.objects.count() == 2


def test_a_lost_answer_is_read_back_and_never_repeated(cloudflare, shop, other, misbehave):
    misbehave(lost_answer_seconds=0)
    done = cloudflare.deploy("shop", [Share(shop[0], 100)], expected=live_id(), message="x")
    assert done.state is DeployState.LIVE
    assert [m for m, p in other.sent if p.endswith("/deployments")].count("POST") == 1


def test_without_a_trace_of_ours_it_stays_unsure(cloudflare, shop, other):
    before = live_id()
    send = other.send

    def lose_writes(method, url, **given):
        if method == "POST":
            raise SendFailed("too late")
        return send(method, url, **given)

    cloudflare._client._send = lose_writes
    done = cloudflare.deploy("shop", [Share(shop[0], 100)], expected=before, message="x")
    assert done.state is DeployState.UNSURE and done.live.id == before == live_id()


def test_a_deployment_between_read_and_write_is_noticed(cloudflare, shop, misbehave):
    theirs = make_version("shop")
    misbehave(deploy_before_write={"versions": [[str(theirs.id), 100]], "message": "Mine"})
    done = cloudflare.deploy("shop", [Share(shop[0], 100)], expected=live_id(), message="x")
    assert done.state is DeployState.OVERWROTE
    [other] = done.others
    assert other.message == "Mine" and other.source == "wrangler" and not other.marker


def test_a_deployment_after_ours_is_noticed(cloudflare, shop, monkeypatch):
    original = cloudflare._client.deploy
    worker = Deployment.objects.get().worker

    def then_another(*args, **given):
        original(*args, **given)
        make_deployment(worker, (make_version("shop"), 100), message="Later")

    monkeypatch.setattr(cloudflare._client, "deploy", then_another)
    done = cloudflare.deploy("shop", [Share(shop[0], 100)], expected=live_id(), message="x")
    assert done.state is DeployState.OVERTAKEN
    assert done.live.message == "Later" and done.ours.id != done.live.id


def test_a_refusal_is_an_error_and_changes_nothing(cloudflare, shop, misbehave):
    misbehave(secrets_changed=["KEY"])
    with pytest.raises(CloudError) as error:
        cloudflare.deploy("shop", [Share(shop[0], 100)], expected=live_id(), message="x")
    assert error.value.kind is Kind.SECRETS_CHANGED and "KEY" in error.value.message
    assert Deployment.objects.count() == 1


def test_late_and_sampled_counts_say_so(cloudflare, shop, misbehave):
    make_traffic("shop", 1001, version_id=shop[0], minutes_ago=6)
    misbehave(analytics_sample_interval=10)
    counts = cloudflare.counts("shop", timezone.now() - timedelta(minutes=20))
    count = counts.of(shop[0])
    assert (count.requests, count.seen, count.estimated) == (1000, 100, True)
    assert timezone.now() - counts.as_of >= timedelta(minutes=2)
    misbehave(analytics_late_seconds=600)
    assert cloudflare.counts("shop", timezone.now() - timedelta(minutes=20)).versions == ()


@pytest.mark.parametrize("message", ["", "Step up", "ü" * 600, "[sluice 0123]"])
def test_the_marker_survives_the_limit_of_messages(message):
    text = marked(message, "0123456789ab")
    assert len(text.encode()) <= 1000
    plain, marker = split_marker(text)
    assert marker == "0123456789ab" and message.startswith(plain)


def test_what_a_token_cannot_do_is_off_with_the_permission():
    table = cloudflare_table({"tail": False, "logs": False, "counts": True, "deploy": None})
    assert not table[Capability.PROOF].works
    assert table[Capability.SERVER_ERRORS].permission == "Workers Observability: Edit"
    assert table[Capability.COUNTS].level is Level.LIMITED
    assert table[Capability.DEPLOY].works
    assert set(table) == set(Capability)


def test_every_reason_has_a_text():
    from dashboard.cloud import messages

    checks = dict.fromkeys(("deploy", "code", "tail", "counts", "logs"), False)
    for table in (cloudflare_table({}), cloudflare_table(checks)):
        assert {support.why for support in table.values()} - {""} <= set(messages.WHY)
    assert set(messages.CAPABILITIES) == set(Capability)


def test_custom_domains_come_first_then_routes_to_one_host(cloudflare, shop):
    worker, now = Deployment.objects.get().worker, timezone.now()
    given = {"zone": "example.com", "worker": worker, "created_at": now}
    CustomDomain.objects.create(hostname="shop.example.com", **given)
    WorkerRoute.objects.create(pattern="example.com/shop/*", **given)
    WorkerRoute.objects.create(pattern="*.example.com/shop/*", **given)
    hosts = [(a.kind, a.host) for a in cloudflare.addresses("shop")]
    assert hosts[:2] == [("custom_domain", "shop.example.com"), ("route", "example.com")]
    assert [kind for kind, _ in hosts[2:]] == ["workers_dev"]


def test_both_places_know_5xx_by_version(provider, shop):
    new, _ = shop
    edge, deployment = make_edge(), Deployment.objects.get()
    then = timezone.now() - timedelta(minutes=4)
    make_traffic("shop", 10, failed=3, version_id=new, minutes_ago=4)
    for status in [200] * 7 + [500] * 3:
        make_invocation(
            edge, deployment, hop="public", version_id=new, status=status, started_on=then
        )
    errors = provider.server_errors(timezone.now() - timedelta(minutes=10))
    count = errors.versions["shop", new]
    assert (count.failed, count.requests, count.estimated) == (3, 10, False)


def test_code_has_every_module(provider, shop):
    code = provider.code("shop", shop[0])
    [module] = code.modules
    assert code.main == module.name == "index.js" and b"export default" in module.content
    with pytest.raises(CloudError) as caught:
        provider.code("shop", "00000000-0000-4000-8000-000000000000")
    assert caught.value.kind is Kind.MISSING


def test_an_upload_is_a_copy_of_the_newest_version_only(provider, shop, monkeypatch):
    from routing.control import upload
    from tests.factories import says_fine

    monkeypatch.setitem(upload.upload_version.__kwdefaults__, "inspect", says_fine)
    module = ModuleContent("index.js", "application/javascript+module", b"export default {}")
    draft = UploadDraft("index.js", (module,), "2026-08-01", message="Next", tag="v2")
    stale = provider.upload("shop", draft, based_on=shop[1])
    assert stale.state is UploadState.STALE and stale.others[0].id == shop[0]
    made = provider.upload("shop", draft, based_on=shop[0])
    assert made.state is UploadState.UPLOADED and made.version.message == "Next"
    assert provider.code("shop", made.version.id).modules[0].content == b"export default {}"


def version(id, marker=""):
    return VersionSummary(id, 0, None, "", "", "", "", marker)


@pytest.mark.parametrize(
    ("listed", "state", "others"),
    [
        ([version("new", "ours"), version("base")], UploadState.UPLOADED, []),
        ([version("later"), version("new", "ours"), version("base")], UploadState.UPLOADED, []),
        (
            [version("new", "ours"), version("theirs"), version("base")],
            UploadState.MIXED,
            ["theirs"],
        ),
        ([version("theirs"), version("base")], UploadState.UNSURE, ["theirs"]),
        ([], UploadState.UNSURE, []),
    ],
)
def test_what_became_of_an_upload(listed, state, others):
    result = upload_outcome("base", "ours", listed)
    assert result.state is state and [other.id for other in result.others] == others
