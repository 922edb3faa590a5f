"""The diff page: any two versions of one Worker, bindings and settings included."""

import pytest

from routing.snapshot import BindingSpec, Secret
from tests.factories import make_deployment, make_draft, make_version, make_worker

NONE = "00000000-0000-4000-8000-000000000000"
"""No version has this id."""

pytestmark = pytest.mark.django_db


def secret(value):
    return BindingSpec(name="TOKEN", type="secret_text", secret=Secret(value))


def plain(value):
    return BindingSpec(name="GREETING", type="plain_text", options={"text": value})


@pytest.fixture
def two(db):
    """Code, a variable, a secret and a flag differ."""
    one = make_version("shop", make_draft(b"a\nb\n", [plain("hi"), secret("s3cret-one")]))
    draft = make_draft(
        b"a\n<i>\n", [plain("ho"), secret("s3cret-two")], compatibility_flags=("nodejs_compat",)
    )
    return one, make_version("shop", draft)


def shown(client, left, right, query=""):
    return client.get(f"/workers/shop/diff/{left.id}...{right.id}/{query}").content.decode()


def test_code_bindings_and_settings_that_differ_are_shown(vera, two):
    html = shown(vera, *two)
    assert "#1 to #2" in html
    assert "<code>b</code>" in html and "<code>&lt;i&gt;</code>" in html
    assert "plain_text hi" in html and "plain_text ho" in html
    assert "nodejs_compat" in html and "Compatibility flags" in html
    assert "Secret with another value" in html


def test_secrets_are_never_shown(vera, two):
    html = shown(vera, *two)
    assert "s3cret" not in html
    assert all(b.get("fingerprint", "-none-") not in html for v in two for b in v.bindings)


def test_two_equal_versions_have_no_differences(vera):
    worker = make_worker("shop", versions=2)
    html = shown(vera, *worker.versions.all())
    assert "No differences." in html and "1 module unchanged" in html


def test_choosing_leads_to_an_address_of_its_own(vera, two):
    one, two_ = two
    response = vera.get(f"/workers/shop/diff/?a={two_.id}&b={one.id}")
    assert response["Location"] == f"/workers/shop/diff/{two_.id}...{one.id}/"


def test_without_a_choice_stable_is_compared_with_the_newest(vera, two):
    one, two_ = two
    make_deployment(one.worker, (one, 100))
    response = vera.get("/workers/shop/diff/")
    assert response["Location"] == f"/workers/shop/diff/{one.id}...{two_.id}/"


@pytest.mark.parametrize("named", ["a=nonsense", f"b={NONE}"])
def test_a_version_that_is_not_there_is_not_replaced_by_another(vera, two, named):
    assert vera.get(f"/workers/shop/diff/?{named}").status_code == 404


def test_versions_of_other_workers_are_not_found(vera, two):
    other = make_version("other")
    assert vera.get(f"/workers/shop/diff/{two[0].id}...{other.id}/").status_code == 404
    assert vera.get(f"/workers/shop/diff/{two[0].id}...{NONE}/").status_code == 404


@pytest.mark.parametrize("versions", [3, 40])
def test_the_page_asks_as_often_for_many_versions(vera, versions, django_assert_max_num_queries):
    worker = make_worker("shop", versions=versions)
    first, last = worker.versions.first(), worker.versions.last()
    with django_assert_max_num_queries(24):
        shown(vera, first, last)


def test_versions_too_old_to_deploy_stay_chosen(vera, two, monkeypatch):
    left, right = two
    for _ in range(3):
        make_version("shop")
    monkeypatch.setattr("routing.models.deployable_versions.DEPLOYABLE", 2)
    html = vera.get(f"/workers/shop/diff/{left.id}...{right.id}/").content.decode()
    assert html.count(" selected>") == 2
