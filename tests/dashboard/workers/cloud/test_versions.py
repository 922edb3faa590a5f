"""Versions of a Worker at the other side: list, code, diff; no claim without a read."""

import pytest
from django.core.cache import cache

from dashboard.cloud.models import CloudAccount
from dashboard.egress.client import SendFailed
from tests.factories import make_deployment, make_draft, make_version, make_worker

BASE = "/cloudflare/shop-prod/workers/shop/"


@pytest.fixture
def shop(account):
    worker = make_worker()
    old = worker.versions.newest_first()[0]
    new = make_version(
        "shop", make_draft(b"export default { fetch() { return new Response('2') } }")
    )
    make_deployment(worker, (new, 10), (old, 90))
    cache.clear()
    return str(new.id), str(old.id)


def test_versions_with_role_author_and_a_link(maya, shop):
    new, old = shop
    page = maya.get(f"{BASE}versions/")
    roles = [(line.id, str(line.role), line.percentage) for line in page.context["lines"]]
    assert roles == [(new, "candidate", 10), (old, "stable", 90)]
    assert f"{BASE}versions/{new}/".encode() in page.content


def test_code_bindings_and_settings(maya, shop):
    page = maya.get(f"{BASE}versions/{shop[0]}/")
    contents = page.context["contents"]
    [module] = contents.files
    assert module.is_main and "Response('2')" in module.text
    assert dict.fromkeys(f.name for f in contents.settings) and not contents.problem
    download = maya.get(f"{BASE}versions/{shop[0]}/modules/0/")
    assert b"Response('2')" in download.content and "attachment" in download["Content-Disposition"]
    assert maya.get(f"{BASE}versions/{shop[0]}/modules/7/").status_code == 404


def test_a_diff_shows_lines_and_swaps(maya, shop):
    new, old = shop
    page = maya.get(f"{BASE}diff/{old}/{new}/")
    assert page.context["added"] and page.context["changed_files"]
    assert f"{BASE}diff/{new}/{old}/".encode() in page.content
    assert maya.get(f"{BASE}diff/").url == f"{BASE}diff/{old}/{new}/"
    assert maya.get(f"{BASE}diff/{old}/{'0' * 8}/").status_code == 404


def test_without_the_permission_code_is_not_compared(maya, shop):
    row = CloudAccount.objects.get()
    row.checklist["code"] = {"state": "missing", "detail": ""}
    row.save()
    page = maya.get(f"{BASE}diff/{shop[1]}/{shop[0]}/")
    assert b'data-code="unread"' in page.content and page.context["changed_files"] == []
    assert b"unchanged</span>" not in page.content.split(b"Bindings unchanged")[0]
    assert b'data-code="unread"' in maya.get(f"{BASE}versions/{shop[0]}/").content


def test_hidden_secrets_are_not_called_the_same(maya, account):
    from routing.snapshot import Secret
    from routing.upload_draft import BindingSpec

    secret = BindingSpec(name="KEY", type="secret_text", secret=Secret("1"))
    other_one = BindingSpec(name="KEY", type="secret_text", secret=Secret("2"))
    worker = make_worker()
    ids = [str(make_version("shop", make_draft(bindings=(b,))).id) for b in (secret, other_one)]
    make_deployment(worker)
    cache.clear()
    page = maya.get(f"{BASE}diff/{ids[0]}/{ids[1]}/")
    assert b'data-secrets="unknown"' in page.content


def test_a_version_that_cannot_be_read_is_not_shown_as_empty(maya, shop, other):
    maya.get(f"{BASE}versions/")
    other.fail_next = SendFailed("no answer in 12 s")
    page = maya.get(f"{BASE}versions/{shop[0]}/")
    assert b"This version could not be read" in page.content
    assert b"No bindings" not in page.content
