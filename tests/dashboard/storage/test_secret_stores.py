"""Secrets stores: the API, uploads, what edges get, and the page."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone

from dashboard.accounts.actor import Actor
from dashboard.accounts.models import Role
from dashboard.storage import namespaces
from dashboard.storage.bound_data import bound_data
from dashboard.storage.secret_stores import stored_secrets
from dashboard.storage.secret_stores.stored_secrets import SecretFields, SecretRefused
from routing.control.publish import publish
from routing.models import AuditEntry, StateBinding, StateNamespace, StoredSecret, Version
from routing.secret_encryption import decrypt
from routing.snapshot import Secret
from tests.dashboard.api.conftest import METADATA, Api
from tests.factories import make_user

pytestmark = pytest.mark.django_db
STORES = "/secrets_store/stores"
VALUE = "sk_live_51H8f"


@pytest.fixture
def api(olga):
    return Api(olga, ["read", "deploy", "admin"])


@pytest.fixture
def by(olga):
    return Actor(olga, "api", timezone.now())


@pytest.fixture
def store(by):
    """With the secret STRIPE."""
    made = namespaces.create("secrets", "payments", by)
    stored_secrets.create(made, [SecretFields("STRIPE", Secret(VALUE))], by)
    return made


def stripe(store):
    return StoredSecret.objects.get(store=store, name="STRIPE")


def binding(store, name="STRIPE"):
    reference = {"store_id": store.key, "secret_name": name}
    return {"name": "KEY", "type": "secrets_store_secret", **reference}


def deployed(api, store, worker="shop"):
    return api.put(worker, metadata=METADATA | {"bindings": [binding(store)]})


def published(worker):
    """The bound values that edges get."""
    spec = next(w for w in publish().workers if w.name == worker)
    return [b.secret.reveal() if b.secret else None for b in spec.versions[0].bindings]


def test_stores_and_secrets_are_created_changed_and_deleted_without_a_value_in_any_answer(api):
    store = api("POST", STORES, {"name": "payments"}).result
    assert api("POST", STORES, [{"name": "payments"}]).refusal == (409, 90011)
    assert api("POST", STORES, [{"name": "other"}]).result[0]["name"] == "other"
    assert [s["name"] for s in api("GET", STORES).result] == ["other", "payments"]
    secrets = f"{STORES}/{store['id']}/secrets"
    sent = {"name": "STRIPE", "value": VALUE, "scopes": ["workers"], "comment": "live"}
    [made] = api("POST", secrets, [sent]).result
    assert made["status"] == "active" and made["scopes"] == ["workers"]
    one = f"{secrets}/{made['id']}"
    assert api("PATCH", one, {"value": "sk_live_2", "comment": "new"}).result["comment"] == "new"
    assert decrypt(StoredSecret.objects.get().sealed).reveal() == "sk_live_2"
    copy = api("POST", f"{one}/duplicate", {"name": "COPY", "scopes": ["workers"]}).result
    assert decrypt(StoredSecret.objects.get(pk=copy["id"]).sealed).reveal() == "sk_live_2"
    assert [s["name"] for s in api("GET", f"{secrets}?search=strip").result] == ["STRIPE"]
    assert api("GET", one).result["name"] == "STRIPE"
    assert api("GET", "/secrets_store/quota").result["secrets"]["usage"] == 2
    assert api("DELETE", one).result["id"] == made["id"]
    assert api("GET", one).refusal == (404, 90010)
    assert api("DELETE", f"{STORES}/{store['id']}").status == 200
    assert not StoredSecret.objects.exists()
    kinds = list(AuditEntry.objects.order_by("pk").values_list("action", flat=True))
    assert kinds.count("secrets.put") == 2 and {"secrets.change", "secrets.remove"} < set(kinds)
    entries = AuditEntry.objects.values_list("before", "after")
    assert not any(VALUE in str(entry) or "sk_live_2" in str(entry) for entry in entries)


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"name": "a b"}, 400),
        ({"name": "STRIPE"}, 409),
        ({"value": ""}, 400),
        ({"value": "x" * 65_537}, 400),
        ({"scopes": ["ai_gateway"]}, 400),
        ({"comment": "x" * 1025}, 400),
    ],
)
def test_a_bad_secret_creates_none_of_the_request(api, store, changed, status):
    good = {"name": "ONE", "value": "v" * 65_536, "scopes": ["workers"]}
    sent = [good, {"name": "TWO", "value": "v", "scopes": ["workers"], **changed}]
    assert api("POST", f"{STORES}/{store.key}/secrets", sent).status == status
    assert StoredSecret.objects.count() == 1


def test_an_upload_needs_a_secret_that_exists(api, store):
    for wrong in (binding(store, "NONE"), {**binding(store), "store_id": "0" * 32}):
        refused = api.put(metadata=METADATA | {"bindings": [wrong]})
        assert refused.refusal == (400, 10021) and "has no secret" in refused.message
    assert not Version.objects.exists()
    missing = {k: v for k, v in binding(store).items() if k != "store_id"}
    assert api.put(metadata=METADATA | {"bindings": [missing]}).refusal == (400, 10026)
    assert deployed(api, store).status == 200
    [row] = StateBinding.objects.all()
    assert (row.kind, row.reference) == ("secrets", store.key)
    assert VALUE not in str(Version.objects.get().bindings)


def test_edges_get_the_current_value_of_bound_secrets_only(api, store, by):
    stored_secrets.create(store, [SecretFields("OTHER", Secret("not bound"))], by)
    deployed(api, store)
    api.put("blog")
    before = publish()
    assert published("shop") == [VALUE] and published("blog") == []
    stored_secrets.change(stripe(store), SecretFields(value=Secret("rotated")), by)
    change = publish(before.revision)
    assert [w.name for w in change.workers] == ["shop"] and published("shop") == ["rotated"]
    stored_secrets.remove(stripe(store), by)
    assert published("shop") == [None]
    assert [b.is_deleted for b in bound_data(Version.objects.get(worker__name="shop"))] == [True]
    assert deployed(api, store).refusal == (400, 10021)


def test_values_of_another_key_withhold_the_worker(api, store):
    deployed(api, store)
    StoredSecret.objects.update(sealed="v2.AAAA")
    assert "STRIPE" in publish().withheld["shop"]
    StateNamespace.objects.get().secrets.all().delete()
    assert not publish().withheld


def test_snapshots_need_one_query_for_all_values(api, store, django_assert_max_num_queries):
    deployed(api, store)
    with django_assert_max_num_queries(20) as few:
        publish()
        most = len(few)
    deployed(api, store, "blog")
    deployed(api, store, "news")
    with django_assert_max_num_queries(most):
        publish()


def test_two_changes_at_once_both_stay_and_none_brings_a_deleted_secret_back(by, store):
    secret, same = stripe(store), stripe(store)
    stored_secrets.change(same, SecretFields(value=Secret("second")), by)
    stored_secrets.change(secret, SecretFields(comment="live"), by)
    assert (decrypt(stripe(store).sealed).reveal(), stripe(store).comment) == ("second", "live")
    stored_secrets.remove(same, by)
    with pytest.raises(SecretRefused) as refused:
        stored_secrets.change(secret, SecretFields(value=Secret("third")), by)
    assert refused.value.kind == "gone" and not StoredSecret.objects.exists()
    stored_secrets.delete_store(store, by)
    with pytest.raises(SecretRefused):
        stored_secrets.create(store, [SecretFields("NEW", Secret("v"))], by)


def client_of(role):
    client = Client()
    client.force_login(make_user(f"a-{role}", role))
    return client


def test_the_page_names_secrets_and_live_workers_and_no_value(api, store):
    deployed(api, store)
    html = client_of(Role.VIEWER).get(f"/storage/secrets/{store.key}/").content.decode()
    assert 'data-secret="STRIPE"' in html and "/workers/shop/" in html and VALUE not in html


def test_operators_create_change_and_delete_on_the_page(store):
    operator, path = client_of(Role.OPERATOR), f"/storage/secrets/{store.key}/"
    operator.post(f"{path}create/", {"name": "NEW", "value": "typed value"})
    made = StoredSecret.objects.get(name="NEW")
    assert decrypt(made.sealed).reveal() == "typed value"
    again = operator.post(f"{path}create/", {"name": "NEW", "value": "typed value"})
    assert again.status_code == 422 and "typed value" not in again.content.decode()
    operator.post(f"{path}{made.pk}/change/", {"value": "second"})
    made.refresh_from_db()
    assert decrypt(made.sealed).reveal() == "second"
    operator.post(f"{path}{made.pk}/change/", {"value": ""})
    made.refresh_from_db()
    assert decrypt(made.sealed).reveal() == "second"
    operator.post(f"{path}{made.pk}/remove/")
    assert not StoredSecret.objects.filter(name="NEW").exists()
    viewer = client_of(Role.VIEWER)
    assert viewer.post(f"{path}create/", {"name": "V", "value": "v"}).status_code == 403
    other = f"/storage/secrets/{'0' * 32}/{stripe(store).pk}/remove/"
    assert operator.post(other).status_code == 404  # of another store


def test_a_store_is_created_and_deleted_in_storage(admin, olga):
    admin.post("/storage/new/", {"kind": "secrets", "title": "payments"})
    store = StateNamespace.objects.get(kind="secrets")
    assert "payments" in admin.get("/storage/").content.decode()
    admin.post(f"/storage/secrets/{store.key}/delete/", {"title": "payments"})
    assert not StateNamespace.objects.exists()
