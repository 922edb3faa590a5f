"""Uploads of assets: what is missing, when one is complete, what is deleted."""

from datetime import UTC, datetime, timedelta

import pytest

from routing.asset_manifest import StoredFile, decode
from routing.assets import retention, uploads
from routing.assets.manifest import Entry
from routing.assets.upload_token import Use, is_upload_token, token_of
from routing.assets.uploads import AssetsRefused
from routing.models import AssetContent, AssetSet, AssetUpload, UploadedAsset, Version
from tests.factories import make_draft, make_version

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 30, tzinfo=UTC)
A, B = "a" * 32, "b" * 32
MANIFEST = {"/a.js": Entry(A, 3), "/copy.js": Entry(A, 3), "/b.css": Entry(B, 5)}


def complete(worker="shop", now=NOW, manifest=MANIFEST):
    begun = uploads.begin(worker, manifest, now)
    if not begun.buckets:
        return begun.token
    files = {A: b"a()", B: b"b { }"}
    wanted = {key: files[key] for bucket in begun.buckets for key in bucket}
    return uploads.store(uploads.upload_by(begun.token, now), wanted, now)


def test_files_are_stored_once_and_asked_for_once():
    begun = uploads.begin("shop", MANIFEST, NOW)
    assert sorted(sum(begun.buckets, [])) == [A, B]
    row = uploads.upload_by(begun.token, NOW)
    assert uploads.store(row, {A: b"a()"}, NOW) == ""
    token = uploads.store(row, {B: b"b { }"}, NOW)
    spec = uploads.finish(token, "shop", {"html_handling": "none"}, NOW)
    assert (spec.files, spec.size, spec.config) == (3, 11, {"html_handling": "none"})
    files = decode(bytes(AssetContent.objects.get(pk=spec.manifest).content))
    assert files.keys() == MANIFEST.keys() and files["/a.js"] == files["/copy.js"]

    again = uploads.begin("shop", MANIFEST, NOW)
    assert again.buckets == []
    assert uploads.finish(again.token, "shop", {}, NOW).manifest == spec.manifest
    assert uploads.begin("other", MANIFEST, NOW).buckets != []


def test_a_file_has_the_size_and_a_hash_of_the_manifest():
    row = uploads.upload_by(uploads.begin("shop", MANIFEST, NOW).token, NOW)
    for files in ({A: b"four"}, {A: b"a()", "c" * 32: b"c"}):
        with pytest.raises(AssetsRefused):
            uploads.store(row, files, NOW)
    assert not AssetContent.objects.exists()


def test_tokens_are_for_one_use_one_worker_and_one_hour():
    begun, token = uploads.begin("shop", MANIFEST, NOW), complete()
    later = NOW + timedelta(hours=2)
    assert is_upload_token(begun.token, NOW) and not is_upload_token(token, NOW)
    for attempt in (
        lambda: uploads.upload_by(token, NOW),
        lambda: uploads.upload_by(begun.token, later),
        lambda: uploads.finish(begun.token, "shop", {}, NOW),
        lambda: uploads.finish(token, "other", {}, NOW),
        lambda: uploads.finish(token, "shop", {}, later),
        lambda: uploads.finish(token + "x", "shop", {}, NOW),
        lambda: uploads.finish("", "shop", {}, NOW),
    ):
        with pytest.raises(AssetsRefused):
            attempt()


def test_a_token_for_an_incomplete_upload_is_refused():
    begun = uploads.begin("shop", MANIFEST, NOW)
    row = uploads.upload_by(begun.token, NOW)
    with pytest.raises(AssetsRefused, match="Not all files"):
        uploads.finish(token_of(row.pk, Use.COMPLETE, NOW), "shop", {}, NOW)


def test_assets_of_deployable_versions_stay():
    spec = uploads.finish(complete(), "shop", {}, NOW)
    version = make_version("shop", make_draft(assets=spec))
    other = uploads.finish(complete(manifest={"/a.js": Entry(A, 3)}), "shop", {}, NOW)
    assert Version.objects.get(pk=version.pk).assets["manifest"] == spec.manifest

    assert retention.prune(NOW) == 0
    retention.prune(NOW + timedelta(days=2))
    assert not AssetUpload.objects.exists()
    assert AssetSet.objects.get().sha256 == spec.manifest != other.manifest
    assert UploadedAsset.objects.count() == 2
    kept = decode(bytes(AssetContent.objects.get(pk=spec.manifest).content))
    assert isinstance(kept["/a.js"], StoredFile) and AssetContent.objects.count() == 3


def test_files_of_no_version_are_deleted_after_a_day():
    uploads.finish(complete(), "shop", {}, NOW)
    retention.prune(NOW + timedelta(days=2))
    assert not AssetContent.objects.exists() and not UploadedAsset.objects.exists()


def test_an_old_set_that_is_uploaded_again_stays_until_its_version_is_there():
    uploads.finish(complete(), "shop", {}, NOW)
    again = NOW + timedelta(days=2)
    begun = uploads.begin("shop", MANIFEST, again)
    spec = uploads.finish(begun.token, "shop", {}, again)
    retention.prune(again)
    assert AssetContent.objects.filter(pk=spec.manifest).exists()
    assert AssetContent.objects.count() == 3
