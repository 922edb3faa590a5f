"""Connecting an account, what its token can do, following Workers, disconnecting."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.utils import timezone

from dashboard.accounts.models import Token
from dashboard.cloud.client import values
from dashboard.cloud.client.calls import CloudClient
from dashboard.cloud.models import CloudAccount
from dashboard.egress.client import SendFailed
from routing.models import AuditEntry, Worker, WorkerRoute
from routing.secret_encryption import decrypt
from tests.dashboard.cloud.conftest import BASE
from tests.factories import make_deployment, make_worker

CONNECT = "/cloudflare/connect/"


def form(other, **given):
    return {"slug": "shop-prod", "token": other.token, "base_url": BASE, **given}


def states(page):
    import re

    text = page.content.decode()
    return dict(re.findall(r'data-check="(\w+)" data-state="(\w+)"', text))


@pytest.fixture
def shop(other):
    worker = make_worker()
    make_deployment(worker)
    return worker


def test_off_by_default_nothing_can_be_reached(root, other, settings, account):
    settings.CLOUD_HOSTS = frozenset()
    sent = len(other.sent)
    page = root.get("/cloudflare/")
    assert b'data-state="off"' in page.content and b"shop-prod" not in page.content
    assert b'href="/cloudflare/"' not in page.content  # no entry in the navigation
    for path in (CONNECT, "/cloudflare/shop-prod/", "/cloudflare/shop-prod/workers/shop/"):
        assert root.get(path).status_code == 404
    assert root.post(CONNECT, form(other)).status_code == 404
    assert len(other.sent) == sent


def test_an_admin_connects_an_account(root, other, shop):
    assert root.get(CONNECT).status_code == 200
    answer = root.post(CONNECT, form(other))
    assert answer.status_code == 302 and answer.url == "/cloudflare/shop-prod/"
    account = CloudAccount.objects.get()
    assert decrypt(account.encrypted_token).reveal() == other.token
    assert other.token not in account.encrypted_token
    page = root.get(answer.url)
    assert other.token not in page.content.decode() and account.token_hint in page.content.decode()
    assert states(page) == {
        **dict.fromkeys(("workers", "code", "tail", "counts", "logs"), "works"),
        "addresses": "works",
        "deploy": "untried",
    }
    entry = AuditEntry.objects.get(action="cloud.connect")
    assert other.token not in str(entry.after) and account.token_hint in str(entry.after)


def test_the_checklist_changes_nothing_on_the_other_side(root, other, shop):
    from dashboard.live.models import Tail

    before = AuditEntry.objects.count()
    root.post(CONNECT, form(other))
    assert not Tail.objects.exists()
    written = [(m, p) for m, p in other.sent if m not in ("GET",)]
    assert {m for m, _ in written} <= {"POST", "DELETE"}
    reads = ("graphql", "telemetry/query", "/tails")
    assert all(any(word in path for word in reads) for _, path in written)
    assert AuditEntry.objects.count() == before + 1
    assert len(other.sent) <= 12


def test_missing_permissions_are_amber_and_say_what_is_lost(root, other, shop, misbehave):
    misbehave(lacks=["analytics", "observability", "tail", "code"])
    root.post(CONNECT, form(other))
    page = root.get("/cloudflare/shop-prod/")
    assert states(page) == {
        "workers": "works",
        "code": "missing",
        "tail": "missing",
        "counts": "missing",
        "logs": "missing",
        "addresses": "works",
        "deploy": "untried",
    }
    assert b"Account Analytics: Read" in page.content and b"Without it" in page.content


def test_a_token_of_the_account(root, other, shop, misbehave):
    misbehave(account_token=True)
    root.post(CONNECT, form(other))
    assert CloudAccount.objects.get().token_kind == "account"
    assert b"belongs to the account" in root.get("/cloudflare/shop-prod/").content


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"token": "to0short"}, "token"),
        ({"token": "x" * 40}, "token"),
        ({"slug": "Shop"}, "slug"),
        ({"base_url": "https://evil.test/client/v4"}, "base_url"),
        ({"base_url": "http://127.0.0.1:8000/client/v4"}, "base_url"),
        ({"account_id": "0" * 32}, "account_id"),
    ],
)
def test_a_refused_form_names_the_field_and_never_repeats_the_token(root, other, given, field):
    answer = root.post(CONNECT, form(other, **given))
    page = answer.content.decode()
    assert answer.status_code == 422 and f'data-field="{field}"' in page
    assert (given.get("token") or other.token) not in page
    assert not CloudAccount.objects.exists()


def test_an_account_is_connected_once(root, other, account):
    assert root.post(CONNECT, form(other, slug="again")).status_code == 422
    assert CloudAccount.objects.count() == 1


def test_others_see_accounts_and_change_nothing(maya, other, account, shop):
    page = maya.get("/cloudflare/shop-prod/")
    assert page.status_code == 200 and b"You are an operator" in page.content
    sent = len(other.sent)
    for path in ("connect/", "shop-prod/check/", "shop-prod/token/", "shop-prod/follow/"):
        assert maya.post(f"/cloudflare/{path}", form(other)).status_code == 403
    assert maya.post("/cloudflare/shop-prod/disconnect/").status_code == 403
    assert CloudAccount.objects.exists() and len(other.sent) == sent


def test_workers_are_followed_with_a_confirmed_address(root, account, shop):
    host = root.get("/cloudflare/shop-prod/").context["choices"][0].addresses[0].host
    path = "/cloudflare/shop-prod/follow/"
    root.post(path, {"follow": ["shop", "none"], "address-shop": host})
    row = account.workers.get()
    assert (row.name, row.address, row.address_confirmed_by) == ("shop", host, "root2")
    root.post(path, {"follow": ["shop"], "address-shop": "evil.test"})
    assert account.workers.get().address == ""
    root.post(path, {})
    assert not account.workers.exists()
    assert AuditEntry.objects.filter(action="cloud.follow").count() == 3


def test_saving_without_the_list_of_workers_loses_no_confirmed_address(root, other, account, shop):
    host = root.get("/cloudflare/shop-prod/").context["choices"][0].addresses[0].host
    path, sent = "/cloudflare/shop-prod/follow/", {"follow": ["shop"], "address-shop": host}
    root.post(path, sent)
    cache.clear()
    other.fail_next = SendFailed("no answer in 12 s")
    page = root.get("/cloudflare/shop-prod/").content.decode()
    assert f'<option value="{host}" selected>' in page
    root.post(path, sent)
    assert account.workers.get().address == host
    root.post(path, sent | {"address-shop": "evil.test"})
    assert account.workers.get().address == ""


def test_a_revoked_token_is_announced_and_replaced(root, other, account, shop):
    Token.objects.update(revoked_on=timezone.now())
    page = root.get("/cloudflare/shop-prod/")
    assert b'data-problem="revoked"' in page.content
    assert CloudAccount.objects.get().problem == "revoked"
    assert AuditEntry.objects.filter(action="cloud.token_failed").count() == 1
    assert b'data-problem="revoked"' in root.get("/cloudflare/").content
    Token.objects.update(revoked_on=None)
    cache.clear()
    root.post("/cloudflare/shop-prod/token/", {"token": other.token})
    assert CloudAccount.objects.get().problem == ""
    assert b'data-problem="revoked"' not in root.get("/cloudflare/shop-prod/").content


def test_a_wrong_new_token_leaves_the_old_one(root, other, account):
    before = account.encrypted_token
    root.post("/cloudflare/shop-prod/token/", {"token": "y" * 40})
    assert CloudAccount.objects.get().encrypted_token == before


def test_an_expired_token_is_announced(root, account, shop):
    CloudAccount.objects.update(token_expires_at=timezone.now() - timedelta(seconds=1))
    Token.objects.update(expires_on=timezone.now() - timedelta(seconds=1))
    root.get("/cloudflare/shop-prod/")
    assert CloudAccount.objects.get().problem == "expired"


def test_a_limit_that_is_reached_says_so_and_is_no_problem_of_the_token(
    root, account, shop, misbehave
):
    misbehave(throttled=True)
    page = root.get("/cloudflare/shop-prod/")
    assert b'data-reading="rate_limited"' in page.content
    page = root.get("/cloudflare/shop-prod/")
    assert b"data-paused" in page.content
    assert CloudAccount.objects.get().problem == ""


def test_disconnecting_asks_first_and_forgets_everything(root, other, account, shop):
    root.post("/cloudflare/shop-prod/follow/", {"follow": ["shop"]})
    assert b"Disconnect shop-prod?" in root.get("/cloudflare/shop-prod/disconnect/").content
    assert CloudAccount.objects.exists()
    sent = len(other.sent)
    answer = root.post("/cloudflare/shop-prod/disconnect/", follow=True)
    assert answer.status_code == 200 and not CloudAccount.objects.exists()
    assert len(other.sent) == sent
    assert AuditEntry.objects.filter(action="cloud.disconnect").exists()


def test_five_people_share_one_reading(root, other, account, shop):
    before = len(other.sent)
    for _ in range(5):
        root.get("/cloudflare/shop-prod/")
    assert len(other.sent) == before + 1


def test_routes_of_followed_workers_are_offered_and_a_lost_address_is_named(root, account, shop):
    path = "/cloudflare/shop-prod/"
    CloudAccount.objects.update(checklist={"addresses": {"state": "works"}})
    given = {"zone": "example.com", "worker": Worker.objects.get(), "created_at": timezone.now()}
    WorkerRoute.objects.create(pattern="example.com/shop/*", **given)
    confirmed = {"address": "gone.example", "address_confirmed_at": timezone.now()}
    account.workers.create(name="shop", **confirmed)
    cache.clear()
    page = root.get(path)
    [choice] = page.context["choices"]
    assert choice.accepts("example.com") and choice.is_lost
    assert b"gone.example (no longer listed" in page.content
    CloudAccount.objects.update(checklist={})  # routes are not read: it may be one
    [choice] = root.get(path).context["choices"]
    assert choice.accepts("gone.example") and not choice.is_lost


def test_a_disabled_token_is_not_connected_and_checking_again_announces_it(
    root, other, account, shop, monkeypatch
):
    disabled = values.Token(status="disabled")
    monkeypatch.setattr(CloudClient, "verify_user_token", lambda self: disabled)
    page = root.post(CONNECT, form(other, slug="second"))
    assert page.status_code == 422 and b"disabled" in page.content
    root.post("/cloudflare/shop-prod/check/")
    assert CloudAccount.objects.get().problem == "revoked"
