"""Requests to a Worker of an account: nothing is called proved without evidence."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from dashboard.cloud.models import CloudTail, FollowedWorker
from dashboard.playground.cloud.models import CloudRun, CloudSend
from routing.models import AuditEntry
from tests.factories import make_version

BASE = "/cloudflare/shop-prod/playground/"


def send(client, **fields):
    return client.post(
        BASE, {"worker": "shop", "path": "/", **fields}, headers={"HX-Request": "true"}
    )


def shown(page):
    """Rank, what became of the override, version."""
    names = ("rank", "override", "version")
    text = page.content.decode()
    found = re.search(r'id="proof"' + "".join(rf'\s+data-{n}="([^"]*)"' for n in names), text)
    return found.groups() if found else None


def test_the_page_offers_live_versions_and_says_what_an_override_does(maya, shop):
    new, old = shop
    page = maya.get(f"{BASE}?worker=shop&version={new}")
    assert page.context["why_off"] == "" and b'data-keys="off"' in page.content
    [pick] = page.context["picks"]
    assert [(v.id, str(v.role)) for v in pick.live.versions] == [(new, "staged"), (old, "stable")]
    [forecast] = page.context["forecasts"]
    assert (forecast.forecast.kind, forecast.forecast.share) == ("applied", 0)
    assert b"curl" in page.content and f"127.0.0.1:{FollowedWorker.objects.get().address[10:]}"


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        ("", "absent"),
        ('other="x"', "not_addressed"),
        ("shop=", "invalid_header"),
        ("shop=token", "not_a_string"),
        ('shop="{}"', "not_in_deployment"),
    ],
)
def test_what_a_raw_header_will_do(maya, shop, raw, kind):
    unknown = raw.format(uuid4())
    fields = {"worker": "shop", "mode": "raw", "raw": unknown}
    page = maya.post(f"{BASE}verdict/", fields, headers={"HX-Request": "true"})
    assert f'data-outcome="{kind}"'.encode() in page.content and b"<html" not in page.content


def test_a_version_at_0_percent_is_proved_and_its_override_applied(maya, shop, front):
    page = send(maya, version=shop[0], headers="x-test: 1")
    assert shown(page) == ("proved", "applied", shop[0])
    [request] = front.requests
    assert request["x-test"] == "1" and len(request["sluice-probe"]) == 32
    row = CloudSend.objects.get()
    assert row.colo == "FRA" and row.verdict["cpu_ms"] == 2.1 and row.asked == shop[0]
    assert AuditEntry.objects.filter(action="cloud.request").count() == 1
    stored = maya.get(f"{BASE}sent/{row.pk}/")
    assert shown(stored) == ("proved", "applied", shop[0])
    assert b"attachment" in maya.get(f"{BASE}sent/{row.pk}/body")["Content-Disposition"].encode()


def test_another_version_than_asked_for_is_a_mismatch(maya, shop, front):
    front.ignores_overrides = True
    page = send(maya, version=shop[0])
    assert shown(page) == ("proved", "other", shop[1]) and b"banner-mismatch" in page.content


def test_without_an_event_nothing_is_proved_and_the_likeliest_reason_is_first(maya, shop, front):
    front.sees, front.extra = lambda number: False, {"cf-cache-status": "HIT"}
    page = send(maya, version=shop[0])
    assert shown(page) == ("self_reported", "unknown", shop[0])
    assert page.content.index(b"The cache answered") < page.content.index(b"Look in logs")
    assert not CloudSend.objects.get().proved_at


def test_an_event_that_comes_later_proves_it(maya, shop, front):
    from dashboard.cloud.tails import watches

    deliver, front.deliver = front.deliver, lambda: None
    page = send(maya, version=shop[0])
    assert shown(page)[0] == "self_reported" and b"?looks=0" in page.content
    deliver()
    row = CloudSend.objects.get()
    again = maya.get(f"{BASE}sent/{row.pk}/proof/?looks=0", headers={"HX-Request": "true"})
    assert shown(again) == ("proved", "applied", shop[0]) and watches.events_of(
        [row.facts["nonce"]]
    )


def test_a_better_proof_is_not_lost_to_a_later_look(maya, shop):
    send(maya, version=shop[0])
    CloudTail.objects.get().received.all().delete()
    row = CloudSend.objects.get()
    page = maya.get(f"{BASE}sent/{row.pk}/proof/", headers={"HX-Request": "true"})
    assert shown(page)[0] == "proved"


def test_a_redirect_is_shown_and_not_followed(maya, shop, front):
    front.status, front.extra = 302, {"Location": "http://127.0.0.1:1/inner"}
    page = send(maya)
    assert b"data-redirect" in page.content and len(front.requests) == 1


def test_why_nothing_can_be_sent(maya, vera, shop, front, settings):
    assert vera.get(BASE).context["why_off"] and send(vera).status_code == 403
    FollowedWorker.objects.update(address="", address_confirmed_at=None)
    page = maya.get(BASE)
    assert b"data-off" in page.content and b"disabled" in page.content
    assert send(maya).status_code == 403
    settings.CLOUD_REQUESTS = False
    assert "SLUICE_CLOUD_REQUESTS" in maya.get(BASE).context["why_off"]
    assert front.requests == [] and not CloudSend.objects.exists()


def test_a_service_token_is_sealed_sent_and_masked(root, maya, shop, front):
    secret = "s" * 40
    fields = {"worker": "shop", "client_id": "abcdefgh.access", "client_secret": secret}
    assert maya.post(f"{BASE}access/", fields).status_code == 403
    root.post(f"{BASE}access/", fields)
    row = FollowedWorker.objects.get()
    assert secret not in row.encrypted_access_secret and row.access_client_id == "abcdefgh.access"
    page = send(maya)
    assert front.requests[0]["cf-access-client-secret"] == secret
    assert secret not in page.content.decode()
    assert secret.encode() not in bytes(CloudSend.objects.get().body)
    exported = maya.post(f"{BASE}export/", {"worker": "shop"}).content.decode()
    assert "$CF_ACCESS_CLIENT_SECRET" in exported and secret not in exported
    assert not [e for e in AuditEntry.objects.all() if secret in str(e.after) + str(e.before)]
    root.post(f"{BASE}access/", {"worker": "shop", "remove": "1"})
    assert FollowedWorker.objects.get().encrypted_access_secret == ""


def test_many_counts_confirmed_versions_only(maya, shop, front):
    front.sees = lambda number: number % 4 != 0
    fields = {"worker": "shop", "count": "20", "version": shop[0]}
    answer = maya.post(f"{BASE}many/", fields)
    page = maya.get(answer.url)
    assert len(front.requests) == 20 and b'data-confirmed="15"' in page.content
    counts = {r.tally.version: r.tally.count for r in page.context["results"]}
    assert counts == {shop[0]: 15, shop[1]: 0, "": 5}


def test_a_comparison_needs_three_confirmed_answers(maya, shop, front):
    answer = maya.post(f"{BASE}compare/", {"worker": "shop"})
    page = maya.get(answer.url)
    assert page.context["result"] and b'data-compared="yes"' in page.content
    asked = [r["cloudflare-workers-version-overrides"] for r in front.requests]
    assert asked == [f'shop="{shop[1]}"', f'shop="{shop[0]}"', f'shop="{shop[1]}"']
    front.ignores_overrides = True
    page = maya.get(maya.post(f"{BASE}compare/", {"worker": "shop"}).url)
    assert page.context["result"] is None and b"Not compared" in page.content
    assert CloudRun.objects.count() == 2


def test_workers_behind_it_can_be_overridden(maya, shop, account):
    from django.core.cache import cache
    from django.utils import timezone

    from dashboard.accounts.actor import Actor
    from dashboard.cloud.accounts.connect import follow
    from routing.upload_draft import BindingSpec
    from tests.factories import make_deployment, make_draft

    behind = make_version("auth")
    make_deployment(behind.worker, (behind, 100))
    binding = BindingSpec(name="AUTH", type="service", options={"service": "auth"})
    entry = make_version("shop", make_draft(bindings=[binding]))
    make_deployment(entry.worker, (entry, 100))
    address = FollowedWorker.objects.get().address
    follow(account, {"shop": address, "auth": ""}, Actor(None, "shell", timezone.now()))
    cache.clear()
    page = maya.get(f"{BASE}?worker=shop&version.auth={behind.id}")
    assert [pick.live.name for pick in page.context["picks"]] == ["shop", "auth"]
    assert page.context["typed"].override == f'auth="{behind.id}"'


def test_a_secret_in_a_location_is_masked_and_304_leads_nowhere(root, maya, shop, front):
    secret = "s" * 40
    fields = {"worker": "shop", "client_id": "abcdefgh.access", "client_secret": secret}
    root.post(f"{BASE}access/", fields)
    front.status, front.extra = 302, {"Location": f"/login?from={secret}"}
    page = send(maya)
    assert b"data-redirect" in page.content and secret not in page.content.decode()
    assert secret not in str(CloudSend.objects.get().facts)
    front.status, front.extra = 304, {}
    assert b"data-redirect" not in send(maya).content


def test_old_runs_are_deleted(maya, shop, front):
    maya.post(f"{BASE}compare/", {"worker": "shop"})
    CloudRun.objects.update(made_at=timezone.now() - timedelta(days=31))
    maya.post(f"{BASE}compare/", {"worker": "shop"})
    assert CloudRun.objects.count() == 1
