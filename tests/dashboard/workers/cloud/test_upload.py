"""The next version from the browser: the newest one with other code, and only if it still is."""

import pytest
from django.core.cache import cache

from dashboard.cloud.models import CloudAccount
from dashboard.egress.client import SendFailed
from routing.models import AuditEntry, Deployment, Worker
from routing.snapshot import Secret
from routing.upload_draft import BindingSpec
from tests.factories import make_deployment, make_draft, make_version

NEW = "/cloudflare/shop-prod/workers/shop/versions/new/"
CODE = "export default { fetch() { return new Response('3') } }"


@pytest.fixture
def shop(account, monkeypatch):
    """A version with a secret. Uploads at the other side do not start a runtime here."""
    from routing.control import upload
    from tests.factories import says_fine

    monkeypatch.setitem(upload.upload_version.__kwdefaults__, "inspect", says_fine)
    secret = BindingSpec(name="KEY", type="secret_text", secret=Secret("s3cret"))
    version = make_version("shop", make_draft(bindings=[secret]))
    make_deployment(version.worker, (version, 100))
    cache.clear()
    return version


def form(base, **fields):
    return {
        "based_on": str(base.id),
        "module-0-text": CODE,
        "date": "2026-08-01",
        "message": "Three",
        **fields,
    }


def newest():
    return Worker.objects.get().versions.newest_first()[0]


def test_the_form_is_a_copy_of_the_newest_version(maya, shop):
    page = maya.get(NEW)
    assert page.context["base"].id == str(shop.id) and page.context["off"] == ""
    [edited] = page.context["modules"]
    assert edited.text and b"data-code" in page.content


def test_an_upload_keeps_bindings_and_deploys_nothing(maya, shop):
    before = Deployment.objects.count()
    answer = maya.post(NEW, form(shop, tag="v3"))
    assert answer.status_code == 302 and Deployment.objects.count() == before
    made = newest()
    assert made.pk != shop.pk and made.tag == "v3"
    assert made.modules.get().module.read().decode() == CODE
    assert made.bindings[0]["name"] == "KEY" and made.bindings[0]["sealed"]
    listed = maya.get("/cloudflare/shop-prod/workers/shop/versions/")
    assert listed.context["lines"][0].version.message == "Three"
    assert b"[sluice" not in listed.content
    assert AuditEntry.objects.filter(action__startswith="cloud.upload").count() == 2


def test_an_upload_meanwhile_refuses_it_and_the_code_stays_typed(maya, shop):
    maya.get(NEW)
    theirs = make_version("shop")
    page = maya.post(NEW, form(shop))
    assert page.status_code == 422 and page.context["refused"]
    assert page.context["modules"][0].text == CODE and newest().pk == theirs.pk


def test_a_lost_answer_is_found_and_not_sent_again(maya, shop, other, monkeypatch):
    send, lost = other.send, []

    def lose(method, url, **given):
        answer = send(method, url, **given)
        if method == "POST" and url.endswith("/versions"):
            lost.append(url)
            raise SendFailed("too late")
        return answer

    from dashboard.cloud.client.calls import CloudClient

    monkeypatch.setitem(CloudClient.__init__.__kwdefaults__, "send", lose)
    assert maya.post(NEW, form(shop)).status_code == 302
    assert len(lost) == 1 and newest().message.startswith("Three")


def test_what_the_api_refuses_comes_back(maya, shop):
    page = maya.post(NEW, form(shop, date="2026-13-99"))
    assert page.status_code == 422 and newest().pk == shop.pk


def test_it_is_off_without_the_permissions(maya, vera, shop):
    assert vera.get(NEW).status_code == 403
    for check in ("deploy", "code"):
        CloudAccount.objects.update(checklist={check: {"state": "missing", "detail": ""}})
        page = maya.get(NEW)
        assert page.context["off"] and b'id="editor"' not in page.content
        listed = maya.get("/cloudflare/shop-prod/workers/shop/versions/")
        assert b'id="upload-off"' in listed.content
        assert maya.post(NEW, form(shop)).status_code == 422 and newest().pk == shop.pk


def test_typed_code_stays_while_the_base_cannot_be_read(maya, shop, misbehave):
    misbehave(lacks=["scripts_read"])
    answer = maya.post(NEW, form(shop), headers={"HX-Request": "true"})
    assert answer.status_code == 422 and answer["HX-Reswap"] == "beforebegin"
    assert b'id="upload-off"' in answer.content and b'id="editor"' not in answer.content
