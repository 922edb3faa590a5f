"""Static assets on the pages of versions: the list, and what differs."""

import hashlib
from datetime import UTC, datetime

import pytest

from dashboard.workers.queries import static_files
from dashboard.workers.queries.static_files import StaticFileChange, compare
from routing.asset_manifest import StoredFile
from routing.assets import uploads
from routing.assets.manifest import Entry
from routing.models import AssetContent, AssetSet
from tests.factories import make_deployment, make_draft, make_version

NOW = datetime(2026, 11, 30, tzinfo=UTC)


def spec_of(**files):
    """The assets of a finished upload; files by name, without a leading slash."""
    contents = {hashlib.md5(text.encode()).hexdigest(): text.encode() for text in files.values()}
    manifest = {
        f"/{path}": Entry(hashlib.md5(text.encode()).hexdigest(), len(text))
        for path, text in files.items()
    }
    begun = uploads.begin("shop", manifest, NOW)
    token = begun.token
    if begun.buckets:
        wanted = {key: contents[key] for bucket in begun.buckets for key in bucket}
        token = uploads.store(uploads.upload_by(token, NOW), wanted, NOW)
    return uploads.finish(token, "shop", {"html_handling": "none"}, NOW)


@pytest.fixture
def versions(db):
    first = make_version("shop", make_draft(assets=spec_of(both="b", old="oo", app="1")))
    second = make_version("shop", make_draft(assets=spec_of(both="b", new="nnn", app="22")))
    make_deployment(first.worker, (first, 100))
    return first, second


def test_changes_are_counted_and_the_first_ones_listed(monkeypatch):
    monkeypatch.setattr(static_files, "MOST", 2)
    before = {"/a": StoredFile("1", 1), "/b": StoredFile("2", 2), "/same": StoredFile("3", 3)}
    after = {"/a": StoredFile("9", 5), "/c": StoredFile("4", 4), "/same": StoredFile("3", 3)}
    changes = compare(before, after)
    assert (changes.new, changes.gone, changes.changed, changes.more) == (1, 1, 1, 1)
    assert changes.listed == [
        StaticFileChange("/a", "changed", 1, 5),
        StaticFileChange("/b", "gone", 2, None),
    ]


def test_the_page_of_a_version_lists_its_files(versions, maya):
    page = maya.get(f"/workers/shop/versions/{versions[1].pk}/").content.decode()
    assert 'id="static-files"' in page and "/new" in page and "assets.html_handling" in page


def test_files_that_were_deleted_are_not_listed(versions, maya):
    AssetSet.objects.filter(pk=versions[0].asset_set).delete()
    AssetContent.objects.filter(pk=versions[0].asset_set).delete()
    page = maya.get(f"/workers/shop/versions/{versions[0].pk}/").content.decode()
    assert "too old to deploy" in page and "/old" not in page


def test_the_diff_lists_files_that_differ(versions, maya):
    address = f"/workers/shop/diff/{versions[0].pk}...{versions[1].pk}/"
    page = maya.get(address).content.decode()
    for change in ("new", "gone", "changed"):
        assert page.count(f'data-static-change="{change}"') == 1
    assert "No differences" not in page
