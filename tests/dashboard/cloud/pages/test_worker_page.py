"""The Deployments view of a Worker at Cloudflare: nothing it says is wrong under any fault."""

import re
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.utils import timezone

from dashboard.cloud.models import CloudAccount, CloudChange
from dashboard.egress.client import SendFailed
from routing.models import AuditEntry, Deployment
from tests.factories import (
    make_deployment,
    make_edge,
    make_invocation,
    make_traffic,
    make_version,
    make_worker,
)

PAGE = "/cloudflare/shop-prod/workers/shop/"


@pytest.fixture
def shop(account):
    """The stable version alone, then the candidate at 10%."""
    worker = make_worker(versions=2)
    new, old = worker.versions.newest_first()
    make_deployment(worker, (old, 100), message="First")
    make_deployment(worker, (new, 10), (old, 90), message="Small step")
    return str(new.id), str(old.id)


def live():
    return Deployment.objects.newest_first()[0]


def roles(page):
    text = page.content.decode()
    return dict(re.findall(r'data-version="([\w-]+)" data-role="([\w-]+)"', text))


def deploy(client, candidate, stable, percentage, **given):
    fields = {"candidate": candidate, "stable": stable, "percentage": percentage}
    cache.clear()
    return client.post(f"{PAGE}deploy/", {"expected": str(live().id), **fields, **given})


def shown(client, path=PAGE):
    cache.clear()
    return client.get(path)


def test_what_is_live_with_figures_as_of_their_time(maya, shop):
    new, old = shop
    make_traffic("shop", 100, failed=7, version_id=new, minutes_ago=4)
    make_traffic("shop", 900, version_id=old, minutes_ago=4)
    page = shown(maya)
    assert roles(page) == {new: "candidate", old: "stable"}
    candidate, stable = page.context["rows"]
    assert (candidate.observed, stable.observed) == (10, 90)
    assert candidate.count.errors == 0  # 5xx are no crashes
    assert timezone.now() - page.context["counts"].value.as_of >= timedelta(minutes=2)
    assert [row.deployment.message for row in page.context["history"]] == ["Small step", "First"]
    assert page.content.count(b'data-ours="no"') == 2
    # The deployment is newer than the counted requests, and the page says so.
    assert page.context["observed_weight"] == 10_000 and page.context["mixed"]
    assert b"data-mixed" in page.content


def test_late_or_forbidden_figures_are_missing_not_zero(maya, shop, misbehave):
    make_traffic("shop", 100, version_id=shop[0], minutes_ago=4)
    misbehave(analytics_late_seconds=900)
    assert shown(maya).context["rows"][0].observed is None
    misbehave(lacks=["analytics"])
    page = shown(maya)
    assert page.context["counts"].problem and page.context["rows"][0].count is None


def test_the_page_reads_itself_again_and_shows_a_deployment_from_elsewhere(maya, shop, settings):
    shown(maya)
    worker = live().worker
    make_deployment(worker, (make_version("shop"), 100), message="By hand", source="wrangler")
    cache.clear()
    opened = str(Deployment.objects.newest_first()[1].id)
    fragment = maya.get(f"{PAGE}?opened={opened}", headers={"HX-Request": "true"})
    assert b"By hand" in fragment.content and b"<html" not in fragment.content
    assert b'data-moved="yes"' in fragment.content
    assert b'hx-trigger="every 5s"' in fragment.content
    # The condition of the deploy form follows; its fields are not sent, so they stay as typed.
    foot = fragment.content.split(b'id="deploy-foot" hx-swap-oob="true"')[1]
    assert f'name="expected" value="{live().id}"'.encode() in foot
    assert b'name="message" maxlength' not in fragment.content


def test_a_step_and_a_roll_back(maya, shop, other):
    new, old = shop
    assert deploy(maya, new, old, "25", message="Step up").status_code == 302
    shares = {str(s.version_id): s.weight for s in live().shares.all()}
    assert shares == {new: 25_000, old: 75_000}
    page = shown(maya)
    assert b'data-ours="yes"' in page.content and b"[sluice" not in page.content
    assert CloudChange.objects.get().state == "live" and page.context["change"] is None
    assert CloudAccount.objects.get().checklist["deploy"]["state"] == "works"
    deploy(maya, old, old, "100", message="Roll back")
    assert [str(s.version_id) for s in live().shares.all()] == [old]
    actions = AuditEntry.objects.filter(action__startswith="cloud.deploy")
    assert actions.count() == 4
    posts = [p for m, p in other.sent if m == "POST" and p.endswith("/deployments")]
    assert len(posts) == 2


def test_a_stale_page_deploys_nothing(maya, shop):
    new, old = shop
    before = Deployment.objects.count()
    first = Deployment.objects.newest_first()[1]
    page = deploy(maya, new, old, "50", expected=str(first.id), message="Half <now>")
    assert Deployment.objects.count() == before and not CloudChange.objects.exists()
    # What was typed stays, on condition of what is live now.
    form = page.context["deploy"]
    assert page.status_code == 422 and page.context["refused"]
    assert (form.chosen_id, form.percentage, form.message) == (new, "50", "Half <now>")
    assert page.context["live"].id == str(live().id)


def test_another_deployment_between_is_named_and_can_be_put_back(maya, shop, misbehave):
    new, old = shop
    theirs = str(make_version("shop").id)
    misbehave(deploy_before_write={"versions": [[theirs, 40], [old, 60]], "message": "Cold cache"})
    deploy(maya, new, old, "25")
    page = shown(maya)
    assert b'data-state="overwrote"' in page.content and b"Cold cache" in page.content
    change = CloudChange.objects.get()
    assert change.others[0]["shares"] == [[theirs, 40], [old, 60]]
    url = f"{PAGE}changes/{change.pk}/"
    maya.post(url, {"do": "put_back", "expected": str(live().id)})
    assert {str(s.version_id): s.weight for s in live().shares.all()} == {
        theirs: 40_000,
        old: 60_000,
    }
    assert b'id="change"' not in shown(maya).content


def test_keeping_ends_the_note(maya, shop, misbehave):
    new, old = shop
    misbehave(deploy_before_write={"versions": [[old, 100]]})
    deploy(maya, new, old, "25")
    change, before = CloudChange.objects.get(), Deployment.objects.count()
    maya.post(f"{PAGE}changes/{change.pk}/", {"do": "keep"})
    assert b'id="change"' not in shown(maya).content and Deployment.objects.count() == before


def test_a_lost_answer_is_found_by_its_marker(maya, shop, misbehave, other):
    misbehave(lost_answer_seconds=0)
    deploy(maya, *shop, "25")
    assert CloudChange.objects.get().state == "live"
    assert len([1 for m, p in other.sent if m == "POST" and p.endswith("/deployments")]) == 1


def test_without_a_trace_it_is_unsure_then_needs_attention(
    maya, shop, other, monkeypatch, misbehave
):
    send = other.send

    def lose_writes(method, url, **given):
        if method == "POST" and url.endswith("/deployments"):
            raise SendFailed("too late")
        return send(method, url, **given)

    from dashboard.cloud.client.calls import CloudClient

    monkeypatch.setitem(CloudClient.__init__.__kwdefaults__, "send", lose_writes)
    before = live().id
    deploy(maya, *shop, "25")
    assert live().id == before
    page = shown(maya)
    assert b'data-state="unsure"' in page.content and b"Unsure whether" in page.content
    CloudChange.objects.update(made_at=timezone.now() - timedelta(seconds=91))
    misbehave(lacks=["scripts_read"])  # unread: whether Cloudflare lists it is not known
    assert b"Unsure whether" in shown(maya).content
    misbehave()
    assert b"needs attention" in shown(maya).content


def test_a_token_that_may_not_deploy_turns_the_buttons_off(maya, shop, misbehave):
    misbehave(lacks=["scripts_edit"])
    before = Deployment.objects.count()
    deploy(maya, *shop, "25")
    assert Deployment.objects.count() == before and not CloudChange.objects.exists()
    page = shown(maya)
    assert page.context["why_off"] == "The token may not deploy."
    assert CloudAccount.objects.get().problem == ""  # the token works otherwise


def test_a_token_sealed_with_another_key_is_announced_and_nothing_is_sent(maya, shop, other):
    CloudAccount.objects.update(encrypted_token="x")
    sent = len(other.sent)
    deploy(maya, *shop, "25")
    account = CloudAccount.objects.get()
    assert account.problem == "key_lost" and account.checklist["deploy"]["state"] == "untried"
    assert b'data-problem="key_lost"' in shown(maya).content and len(other.sent) == sent


def test_changed_secrets_are_named(maya, shop, misbehave):
    misbehave(secrets_changed=["KEY"])
    page = deploy(maya, *shop, "25")
    assert b"KEY" in page.content and not CloudChange.objects.exists()


def test_an_old_answer_stays_and_says_its_time(maya, shop, other):
    cache.clear()
    maya.get(PAGE)
    for key in list(cache._cache):
        if ".deployments." in key:
            import dataclasses
            import pickle

            stored = pickle.loads(cache._cache[key])
            old = dataclasses.replace(stored, read_at=timezone.now() - timedelta(seconds=30))
            cache._cache[key] = pickle.dumps(old)
    other.fail_next = SendFailed("no answer in 12 s")
    page = maya.get(PAGE)
    assert b'data-reading="unavailable"' in page.content
    assert b"what is live now is unknown" in page.content and roles(page)
    assert page.context["why_off"]


@pytest.mark.parametrize(
    ("candidate", "percentage"),
    [("", "10"), ("x", "101"), ("x", "nan"), ("x", "-1"), ("x", ""), ("stable", "25")],
)
def test_a_split_that_makes_no_sense_is_not_sent(maya, shop, other, candidate, percentage):
    sent = len(other.sent)
    deploy(maya, shop[1] if candidate == "stable" else candidate, shop[1], percentage)
    assert not [1 for m, p in other.sent[sent:] if m == "POST" and p.endswith("/deployments")]


def test_who_only_looks_deploys_nothing(vera, shop):
    page = shown(vera)
    assert b"disabled" in page.content
    assert deploy(vera, *shop, "25").status_code == 403
    assert Deployment.objects.count() == 2


def test_5xx_come_from_stored_logs_and_are_missing_without_one(maya, shop, misbehave):
    new, old = shop
    edge, deployment, then = make_edge(), live(), timezone.now() - timedelta(minutes=3)
    for status in (200, 200, 200, 503):
        make_invocation(
            edge, deployment, hop="public", version_id=new, status=status, started_on=then
        )
    candidate, stable = shown(maya).context["rows"]
    assert (candidate.failures.failed, candidate.failures.requests) == (1, 4)
    assert candidate.failures.rate == 25 and stable.failures is None
    misbehave(lacks=["observability"])
    page = shown(maya)
    assert page.context["rows"][0].failures is None and page.context["errors"].problem


def test_each_figure_has_its_own_time_and_an_old_deployment_is_not_called_live(
    maya, shop, misbehave, monkeypatch
):
    page = shown(maya)
    assert b'class="live"' in page.content and b">live now<" in page.content
    assert re.search(rb'data-errors-as-of="20', page.content)
    misbehave(lacks=["scripts_read"])
    monkeypatch.setattr("dashboard.cloud.readings.LIVE", -1.0)
    page = maya.get(PAGE)
    assert page.context["read"].problem and page.context["live"]
    assert b'class="live"' not in page.content and b">live now<" not in page.content


def test_a_refused_deployment_is_said_to_be_unsent_in_the_audit_trail(maya, shop, misbehave):
    misbehave(lacks=["scripts_edit"])
    deploy(maya, *shop, "25")
    actions = set(AuditEntry.objects.values_list("action", flat=True))
    assert "cloud.not_deployed" in actions and "cloud.deployed" not in actions
