"""The page of a Worker's hooks: who may change them, a secret that is shown once, clear errors."""

from __future__ import annotations

import re
from importlib import import_module

import pytest
from django.apps import apps
from django.test import Client
from django.urls import reverse

from dashboard.rollouts.hooks.changes import MOST_HOOKS
from dashboard.rollouts.hooks.models import Hook, HookDelivery
from dashboard.rollouts.hooks.url_encryption import decrypt_url
from routing.models import AuditEntry
from routing.secret_encryption import decrypt
from tests.dashboard.rollouts.external_guardrails.conftest import Server
from tests.dashboard.rollouts.hooks.conftest import Hooked

GIVEN = {
    "name": "freeze",
    "event": "before_step",
    "kind": "gate",
    "url": "http://127.0.0.1:9/t0kenPath1234567890?key=s3cret",
    "timeout": "5",
}


@pytest.fixture
def client(hooked: Hooked) -> Client:
    client = Client()
    client.force_login(hooked.maya)
    return client


def page(client: Client) -> str:
    answer = client.get(reverse("rollouts:hooks", args=["checkout"]))
    assert answer.status_code == 200
    return answer.content.decode()


def make(client: Client, **given: str) -> tuple[int, str]:
    answer = client.post(reverse("rollouts:hooks", args=["checkout"]), GIVEN | given)
    return answer.status_code, answer.content.decode()


def act(client: Client, hook: Hook, verb: str) -> tuple[int, str]:
    address = reverse("rollouts:hook-act", args=["checkout", hook.pk])
    answer = client.post(address, {"do": verb})
    return answer.status_code, answer.content.decode()


def secret_in(html: str) -> str:
    return re.findall(r'data-copy="(whsec_[^"]+)"', html)[0]


def test_the_address_is_stored_sealed_and_shown_without_secrets(client: Client) -> None:
    make(client)
    hook = Hook.objects.get()
    assert "t0kenPath" not in str(vars(hook)) and "s3cret" not in str(vars(hook))
    assert decrypt_url(hook).reveal() == GIVEN["url"]
    assert "http://127.0.0.1:9/REDACTED?key=REDACTED" in page(client)


def test_a_redacted_address_may_be_longer_than_the_address(client: Client) -> None:
    """SQLite ignores the length of a column, so the model's own limits are checked."""
    url = "http://127.0.0.1:9/?" + "&".join(["a=1"] * 490)
    assert len(url) < 2000 and make(client, url=url)[0] == 200
    hook = Hook.objects.get()
    hook.clean_fields()
    assert len(hook.url) > 2000 and decrypt_url(hook).reveal() == url


def test_the_address_that_the_form_shows_changes_nothing(client: Client) -> None:
    make(client)
    hook = Hook.objects.get()
    where = reverse("rollouts:hook", args=["checkout", hook.pk])
    assert client.post(where, GIVEN | {"url": hook.url, "timeout": "7"}).status_code == 302
    hook.refresh_from_db()
    assert (hook.timeout, decrypt_url(hook).reveal()) == (7, GIVEN["url"])


@pytest.mark.parametrize("sealed", ["", "another address"])
def test_what_an_earlier_release_writes_in_clear_is_used_and_sealed(
    client: Client, sealed: str
) -> None:
    """The other address is the one from before it was changed there."""
    make(client, url="http://127.0.0.1:9/before")
    Hook.objects.update(url=GIVEN["url"], **({} if sealed else {"sealed_url": ""}))
    assert "s3cret" not in page(client)
    assert decrypt_url(Hook.objects.get()).reveal() == GIVEN["url"]
    stored = Hook.objects.get()
    assert "s3cret" not in str(vars(stored)) and decrypt_url(stored).reveal() == GIVEN["url"]


def test_the_migration_seals_addresses_and_opens_them_again(client: Client) -> None:
    migration = import_module("dashboard.rollouts.migrations.0009_seal_hook_urls")
    make(client)
    Hook.objects.update(url=GIVEN["url"], sealed_url="")
    migration.seal_urls(apps, None)
    assert "s3cret" not in str(vars(hook := Hook.objects.get()))
    assert decrypt_url(hook).reveal() == GIVEN["url"]
    migration.open_urls(apps, None)
    assert Hook.objects.filter(url=GIVEN["url"], sealed_url="").exists()


def test_a_secret_is_shown_once_and_stored_sealed(client: Client) -> None:
    status, html = make(client)
    hook = Hook.objects.get()
    assert status == 200
    assert decrypt(hook.sealed_secret).reveal() == secret_in(html)
    assert "whsec_" not in page(client)
    assert "whsec_" not in hook.sealed_secret
    assert "s3cret" not in page(client) and "t0kenPath" not in page(client)
    entry = AuditEntry.objects.get(action="hook.create")
    assert "s3cret" not in str(entry.after) and "whsec" not in str(entry.after)


def test_a_new_secret_replaces_the_old_one(client: Client) -> None:
    first = secret_in(make(client)[1])
    hook = Hook.objects.get()
    second = secret_in(act(client, hook, "rotate")[1])
    hook.refresh_from_db()
    assert first != second == decrypt(hook.sealed_secret).reveal()


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 65}, "name"),
        ({"event": "test"}, "event"),
        ({"kind": "maybe"}, "kind"),
        ({"event": "after_done"}, "kind"),
        ({"event": "on_rollback"}, "kind"),
        ({"url": "ftp://127.0.0.1/"}, "url"),
        ({"url": "http://user:pw@127.0.0.1/"}, "url"),
        ({"url": "http://elsewhere.example/"}, "url"),
        ({"url": "http://127.0.0.1:99999/"}, "url"),
        ({"timeout": "0"}, "timeout"),
        ({"timeout": "31"}, "timeout"),
        ({"timeout": "soon"}, "timeout"),
    ],
)
def test_a_wrong_field_is_named_and_what_was_typed_stays(
    client: Client, given: dict[str, str], field: str
) -> None:
    status, html = make(client, **given)
    assert status == 422
    wrong = re.search(rf'name="{field}"[^>]*', html, re.S)
    assert wrong is not None and 'aria-invalid="true"' in wrong[0]
    assert html.count('aria-invalid="true"') == 1
    assert not Hook.objects.exists()


def test_names_are_unique_and_their_number_is_limited(client: Client) -> None:
    for i in range(MOST_HOOKS):
        assert make(client, name=f"hook {i}")[0] == 200
        assert i or make(client, name="hook 0")[0] == 422
    assert make(client, name="one more")[0] == 422
    assert Hook.objects.count() == MOST_HOOKS


def test_it_is_changed_switched_tested_and_deleted(
    client: Client, hooked: Hooked, server: Server
) -> None:
    make(client)
    hook = Hook.objects.get()
    address = reverse("rollouts:hook", args=["checkout", hook.pk])
    assert 'value="freeze"' in client.get(address).content.decode()
    changed = GIVEN | {"name": "crm", "url": server.url, "kind": "notice"}
    assert client.post(address, changed).status_code == 302
    assert client.post(address, changed | {"timeout": "x"}).status_code == 422
    server.status = 500
    assert act(client, hook, "test")[0] == 302
    hooked.now = HookDelivery.objects.get().created_at
    hooked.carry_all()
    assert "It answered 500." in page(client) and "Failed, will retry" in page(client)
    assert act(client, hook, "off")[0] == 302
    assert ">Off</span>" in page(client)
    assert act(client, hook, "explode")[0] == 400
    assert act(client, hook, "delete")[0] == 302
    assert not Hook.objects.exists() and not HookDelivery.objects.exists()
    actions = AuditEntry.objects.filter(action__startswith="hook").values_list("action", flat=True)
    assert set(actions) == {"hook.create", "hook.change", "hook.delete"}


def test_viewers_look_and_change_nothing(client: Client, vera: Client) -> None:
    make(client)
    hook = Hook.objects.get()
    assert "freeze" in page(vera)
    assert make(vera, name="x")[0] == 403
    assert act(vera, hook, "delete")[0] == 403
    assert vera.post(reverse("rollouts:hook", args=["checkout", hook.pk]), GIVEN).status_code == 403
    assert Hook.objects.count() == 1


def test_a_hook_is_only_reached_by_its_own_worker(client: Client) -> None:
    make(client)
    hook = Hook.objects.get()
    assert client.post(reverse("rollouts:hook-act", args=["other", hook.pk])).status_code == 404
    assert client.get(reverse("rollouts:hooks", args=["other"])).status_code == 404


def test_queries_do_not_grow_with_hooks_and_requests(
    client: Client, hooked: Hooked, server: Server, django_assert_max_num_queries: object
) -> None:
    for i in range(10):
        hook = hooked.hook(server, "on_rollback", name=f"hook {i}")
        act(client, hook, "test")
    with django_assert_max_num_queries(22):  # type: ignore[operator]
        page(client)
