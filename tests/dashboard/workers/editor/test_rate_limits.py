"""Rate limiting bindings in the editor, and in the comparison of versions."""

import pytest

from routing.control.upload import draft_of
from routing.snapshot import BindingSpec
from tests.dashboard.workers.editor.form import newest, post
from tests.factories import make_deployment, make_draft, make_version

OPTIONS = {"namespace_id": "1001", "simple": {"limit": 100, "period": 60}}


@pytest.fixture
def shop(db):
    version = make_version(
        "shop", make_draft(bindings=[BindingSpec(name="L", type="ratelimit", options=OPTIONS)])
    )
    make_deployment(version.worker, (version, 100))
    return version.worker


def sent(value):
    part = {"name": "L", "kind": "ratelimit", "value": value, "kept": "L"}
    return {"bindings": "1"} | {f"binding-0-{field}": text for field, text in part.items()}


def test_the_limit_of_a_binding_can_be_changed(maya, shop):
    html = maya.get("/workers/shop/edit/").content.decode()
    assert "1001 100/60s" in html
    first = newest(shop)
    assert post(maya, shop, **sent("1001 5/10s")).status_code == 302
    second = newest(shop)
    [stored] = draft_of(second).bindings
    assert stored.options == {"namespace_id": "1001", "simple": {"limit": 5, "period": 10}}
    compared = maya.get(f"/workers/shop/diff/{first.id}...{second.id}/").content.decode()
    assert "1001 100/60s" in compared and "1001 5/10s" in compared


@pytest.mark.parametrize("value", ["", "1001", "1001 5/30s", "mine 5/10s"])
def test_a_bad_limit_saves_nothing(maya, shop, value):
    assert post(maya, shop, **sent(value)).status_code != 302
    assert newest(shop).number == 1
