"""Manifests: what is refused, and how hashes are grouped for the upload."""

import pytest

from routing.asset_manifest import StoredFile, decode, encode
from routing.assets import manifest
from routing.assets.manifest import Entry, ManifestInvalid, buckets, check_manifest

HASH = "0123456789abcdef0123456789ABCDEF"


def test_a_hash_is_lower_case():
    assert check_manifest({"/a.js": {"hash": HASH, "size": 3}}) == {"/a.js": Entry(HASH.lower(), 3)}


@pytest.mark.parametrize(
    "path", ["a.js", "/", "/a//b", "/../a", "/a/./b", "/a\n", "/" + "a" * 256, "/a" * 600]
)
def test_paths_stay_below_the_root(path):
    with pytest.raises(ManifestInvalid, match="Invalid path"):
        check_manifest({path: {"hash": HASH, "size": 1}})


@pytest.mark.parametrize("size", [-1, None, "1", True, manifest.FILE_BYTES + 1])
def test_sizes_are_limited(size):
    with pytest.raises(ManifestInvalid):
        check_manifest({"/a": {"hash": HASH, "size": size}})


@pytest.mark.parametrize("digest", ["", "x" * 32, HASH[:-1], 7])
def test_hashes_have_32_hexadecimal_digits(digest):
    with pytest.raises(ManifestInvalid, match="32 hexadecimal"):
        check_manifest({"/a": {"hash": digest, "size": 1}})


def test_a_file_is_not_a_folder_too():
    with pytest.raises(ManifestInvalid, match="'/a' is a file and a folder"):
        check_manifest({p: {"hash": HASH, "size": 1} for p in ("/a/b/c", "/a")})


def test_one_hash_has_one_size():
    with pytest.raises(ManifestInvalid, match="another size"):
        check_manifest({"/a": {"hash": HASH, "size": 1}, "/b": {"hash": HASH, "size": 2}})


def test_the_number_of_files_is_limited(monkeypatch):
    monkeypatch.setattr(manifest, "FILES", 1)
    with pytest.raises(ManifestInvalid, match="2 files"):
        check_manifest({p: {"hash": HASH, "size": 1} for p in ("/a", "/b")})


def test_buckets_are_limited_in_bytes_and_files(monkeypatch):
    monkeypatch.setattr(manifest, "BUCKET_FILES", 2)
    monkeypatch.setattr(manifest, "BUCKET_BYTES", 10)
    sizes = {"a": 4, "b": 4, "c": 1, "d": 30, "e": 1}
    assert buckets(Entry(key, size) for key, size in sizes.items()) == [
        ["a", "b"],
        ["c"],
        ["d"],
        ["e"],
    ]


def test_the_stored_form_is_the_same_in_any_order():
    files = {"/b": StoredFile("s2", 2), "/a": StoredFile("s1", 1)}
    assert encode(files) == encode(dict(reversed(files.items())))
    assert decode(encode(files)) == files


def test_a_stored_path_is_checked_too():
    with pytest.raises(ValueError, match="invalid path"):
        decode(encode({"/../etc": StoredFile("s", 1)}))
