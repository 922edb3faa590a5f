"""Which Workers a search means."""

import pytest

from dashboard.workers.list.search import search_workers
from routing.models import Worker
from tests.factories import make_draft, make_version, make_worker

pytestmark = pytest.mark.django_db


@pytest.fixture
def shops(settings):
    settings.DOMAIN = "shop.example"
    make_worker("checkout")
    make_version("checkout", make_draft(tag="v1.42.0"))
    make_worker("pricing")
    Worker.objects.filter(name="pricing").update(subdomain_enabled=False)


def names(text):
    return sorted(search_workers(text).workers.values_list("name", flat=True))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", ["checkout", "pricing"]),
        ("OUT", ["checkout"]),
        ("checkout.shop", ["checkout"]),
        ("https://checkout.shop.example:8787/path?x", ["checkout"]),
        ("pricing.shop.example", []),
        ("shop", []),
        ("v1.4", ["checkout"]),
        ("1.42", []),
        ("v", []),
        ("%", []),
    ],
)
def test_by_name_hostname_or_the_beginning_of_a_tag(shops, text, found):
    assert names(text) == found


def test_by_the_beginning_of_a_versions_id(shops):
    version = Worker.objects.get(name="pricing").versions.get()
    for text in (str(version.id), str(version.id)[:8], str(version.id)[:12].upper()):
        assert names(text) == ["pricing"]
    assert search_workers(str(version.id)).by_version == {version.worker_id: 1}


def test_the_newest_version_that_fits_is_named(shops):
    make_version("checkout", make_draft(tag="v1.43.0"))
    assert list(search_workers("v1.4").by_version.values()) == [3]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("group:eu", ["checkout", "pricing"]),
        ("group:us", ["checkout"]),
        ("group:eu pri", ["pricing"]),
        ("pri group:us", []),
        ("group:", []),
        ("agroup:eu", []),
    ],
)
def test_by_the_group_of_edges(shops, text, found):
    worker = Worker.objects.get(name="pricing")
    worker.groups = ["eu"]
    worker.save()
    assert names(text) == found
