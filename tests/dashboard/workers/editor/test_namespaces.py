"""Bindings to KV, D1, R2 and queues in the editor, and in the comparison of versions."""

import pytest
from django.utils import timezone

from routing.control.upload import draft_of
from routing.models import StateNamespace
from routing.snapshot import BindingSpec
from tests.dashboard.workers.editor.form import fields, newest, post
from tests.factories import make_deployment, make_draft, make_version

BOUND = {
    "CART": ("kv_namespace", {"namespace_id": "0a1b"}),
    "DB": ("d1", {"id": "6c9f"}),
    "PHOTOS": ("r2_bucket", {"bucket_name": "photos", "jurisdiction": "default"}),
    "JOBS": ("queue", {"queue_name": "jobs", "delivery_delay": 5}),
}
KINDS = {"CART": "kv", "DB": "d1", "PHOTOS": "r2", "JOBS": "queue"}
KEYS = {"CART": "0a1b", "DB": "6c9f", "PHOTOS": "photos", "JOBS": "jobs"}


def namespace(kind, key, title):
    now = timezone.now()
    return StateNamespace.objects.create(kind=kind, key=key, title=title, created_at=now)


@pytest.fixture
def shop(db):
    """#1 with a binding of each kind."""
    for name, key in KEYS.items():
        namespace(KINDS[name], key, f"{name.lower()}-data")
    bindings = [BindingSpec(name=n, type=t, options=o) for n, (t, o) in BOUND.items()]
    version = make_version("shop", make_draft(bindings=bindings))
    make_deployment(version.worker, (version, 100))
    return version.worker


def bindings_as_sent(**values):
    """The fields of the four bindings, as the page has them."""
    sent = {"bindings": str(len(BOUND))}
    for i, (name, (kind, _)) in enumerate(BOUND.items()):
        value = values.get(name, KEYS[name])
        part = {"name": name, "kind": kind, "value": value, "kept": name}
        sent |= {f"binding-{i}-{field}": text for field, text in part.items()}
    return sent


def test_the_form_selects_the_namespace_of_each_binding(maya, shop):
    namespace("kv", "ffff", "other-cart")
    StateNamespace.objects.filter(kind="d1").delete()
    html = maya.get("/workers/shop/edit/").content.decode()
    for key in ("0a1b", "photos", "jobs"):
        assert f'<option value="{key}" selected>' in html
    assert '<option value="ffff">other-cart</option>' in html
    assert '<option value="6c9f" selected>6c9f (does not exist)</option>' in html


def test_an_edit_leaves_bindings_with_all_their_options(maya, shop):
    assert post(maya, shop, **bindings_as_sent()).status_code == 302
    saved = {b.name: (b.type, b.options) for b in draft_of(newest(shop)).bindings}
    assert newest(shop).number == 2 and saved == BOUND


def test_a_binding_changes_its_namespace_and_the_comparison_shows_it(maya, shop):
    namespace("kv", "ffff", "other-cart")
    first = newest(shop)
    sent = bindings_as_sent(CART="ffff")
    edited = maya.post("/workers/shop/edit/", fields(shop) | sent | {"act": "show"})
    assert "0a1b" in edited.content.decode().partition('id="changes"')[2]
    assert post(maya, shop, **sent).status_code == 302
    second = newest(shop)
    stored = {b.name: b.options for b in draft_of(second).bindings}
    assert stored["CART"] == {"namespace_id": "ffff"} and stored["JOBS"] == BOUND["JOBS"][1]
    address = f"/workers/shop/diff/{first.id}...{second.id}/"
    compared = maya.get(address).content.decode()
    assert "0a1b" in compared and "ffff" in compared
