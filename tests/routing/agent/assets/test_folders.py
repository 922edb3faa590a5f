"""Folders of static assets on an edge."""

import hashlib
import os
from dataclasses import replace

import pytest

from routing.agent.assets import folders
from routing.agent.assets.file_store import BATCH_FILES, SMALL_BYTES
from routing.agent.assets.folders import AssetFolders
from routing.agent.control_plane.content import ContentMissing
from routing.asset_manifest import StoredFile, encode
from routing.rules.split import VersionWeight
from routing.snapshot import AssetsSpec, DeploymentSpec, WorkerSpec
from tests.routing.agent.histories import make_version


class Store:
    """Content as the control plane has it; counts what is fetched."""

    def __init__(self):
        self.contents, self.fetched, self.requests = {}, [], []

    def add(self, content):
        digest = hashlib.sha256(content).hexdigest()
        self.contents[digest] = content
        return digest

    def version(self, version_id, files):
        stored = {
            path: StoredFile(self.add(text.encode()), len(text)) for path, text in files.items()
        }
        manifest = self.add(encode(stored))
        spec = AssetsSpec(manifest=manifest, files=len(files), size=0)
        return replace(make_version(version_id), assets=spec)

    async def fetch_many(self, sha256s):
        self.requests.append(len(sha256s))
        return {key: self.contents[key] for key in sha256s if key in self.contents}

    async def fetch(self, sha256):
        self.fetched.append(sha256)
        if sha256 not in self.contents:
            raise ContentMissing(f"no {sha256}")
        return self.contents[sha256]


@pytest.fixture
def store():
    return Store()


@pytest.fixture
def assets(store, tmp_path):
    return AssetFolders(store.fetch, tmp_path / "assets")


def worker(*versions):
    shares = tuple(VersionWeight(version.id, 100_000 // len(versions)) for version in versions)
    return WorkerSpec(
        name="site",
        hostnames=(),
        deployment=DeploymentSpec(id="d", shares=shares),
        versions=versions,
    )


def served(tmp_path, version_id):
    root = tmp_path / "assets" / version_id
    paths = (path for path in root.rglob("*") if path.is_file())
    return {f"/{path.relative_to(root)}": path.read_text() for path in paths}


async def test_each_content_is_fetched_once_and_linked(store, assets, tmp_path):
    one = store.version("a", {"/index.html": "one", "/img/a.svg": "s", "/img/b.svg": "s"})
    two = store.version("b", {"/index.html": "two", "/img/a.svg": "s"})
    for version in (one, two, one):
        await assets.prepare(version)
    assert served(tmp_path, "a") == {"/index.html": "one", "/img/a.svg": "s", "/img/b.svg": "s"}
    assert len(store.fetched) == len(set(store.fetched)) == 5
    stamps = {p.stat().st_mtime for p in (tmp_path / "assets").rglob("*.svg")}
    assert len(stamps) == 1
    modes = {oct(p.stat().st_mode & 0o777) for p in (tmp_path / "assets").rglob("*.svg")}
    assert modes == {"0o644"}


async def test_small_files_are_fetched_together(store, tmp_path):
    files = {f"/{n}.txt": f"file {n}" for n in range(BATCH_FILES + 10)}
    version = store.version("a", {**files, "/large.txt": "x" * (SMALL_BYTES + 1)})
    assets = AssetFolders(store.fetch, tmp_path / "assets", store.fetch_many)
    await assets.prepare(version)
    assert len(served(tmp_path, "a")) == BATCH_FILES + 11
    assert sorted(store.requests) == [10, BATCH_FILES]
    assert len(store.fetched) == 2  # the manifest and the large file


async def test_what_a_batch_leaves_out_is_fetched_alone(store, tmp_path):
    """Also a file that arrives with another content."""
    version = store.version("a", {"/a.txt": "a", "/b.txt": "b", "/c.txt": "c"})

    async def fetch_some(sha256s):
        first, second, _ = sha256s
        return {first: b"other", second: store.contents[second]}

    await AssetFolders(store.fetch, tmp_path / "assets", fetch_some).prepare(version)
    assert served(tmp_path, "a") == {"/a.txt": "a", "/b.txt": "b", "/c.txt": "c"}
    assert len(store.fetched) == 3


async def test_a_version_without_assets_needs_no_folder(assets, tmp_path):
    await assets.prepare(make_version("a"))
    assert not (tmp_path / "assets").exists()


async def test_a_folder_that_was_left_half_built_is_built_again(store, assets, tmp_path):
    version = store.version("a", {"/index.html": "one"})
    (tmp_path / "assets/a").mkdir(parents=True)
    (tmp_path / "assets/a/stray.js").write_text("")
    await assets.prepare(version)
    assert served(tmp_path, "a") == {"/index.html": "one"}


async def test_versions_of_a_deployment_serve_each_others_files_while_it_lasts(
    store, assets, tmp_path
):
    one = store.version("a", {"/index.html": "one", "/app-1.js": "1", "/gone.html": ""})
    two = store.version("b", {"/index.html": "two", "/app-2.js": "2"})
    for version in (one, two):
        await assets.prepare(version)
    await assets.share([worker(two, one)])
    assert served(tmp_path, "b") == {"/index.html": "two", "/app-2.js": "2", "/app-1.js": "1"}
    assert served(tmp_path, "a")["/app-2.js"] == "2"

    restarted = AssetFolders(store.fetch, tmp_path / "assets")
    await restarted.share([worker(two)])
    assert served(tmp_path, "b") == {"/index.html": "two", "/app-2.js": "2"}


async def test_a_version_that_is_built_after_the_switch_shares_its_files_too(
    store, assets, tmp_path
):
    one = store.version("a", {"/index.html": "one", "/app-1.js": "1"})
    two = store.version("b", {"/index.html": "two", "/app-2.js": "2"})
    await assets.prepare(two)
    await assets.share([worker(two, one)])  # `one` is cold: its folder is built at a request
    await assets.prepare(one)
    assert served(tmp_path, "a")["/app-2.js"] == "2" and served(tmp_path, "b")["/app-1.js"] == "1"


async def test_a_folder_that_is_being_built_is_not_evicted(store, assets, tmp_path):
    version = store.version("a", {"/index.html": "one"})
    fetch, evicted = assets._fetch, []

    async def evict_meanwhile(sha256):
        content = await fetch(sha256)
        await assets.evict([])
        evicted.append(sha256)
        return content

    assets._fetch = evict_meanwhile
    await assets.prepare(version)
    assert evicted and served(tmp_path, "a") == {"/index.html": "one"}


async def test_what_no_version_needs_is_deleted(store, assets, tmp_path):
    one = store.version("a", {"/index.html": "one", "/both.js": "b"})
    two = store.version("b", {"/index.html": "two", "/both.js": "b"})
    for version in (one, two):
        await assets.prepare(version)
    folder = tmp_path / "assets"
    (folder / "a.0badcafe").mkdir()  # of an agent that was killed while it deleted
    (folder / "c").mkdir()  # half built
    await assets.evict([two])
    assert {path.name for path in folder.iterdir()} == {"b", "b.json", "files"}
    assert served(tmp_path, "a") == {} and served(tmp_path, "b")["/both.js"] == "b"
    kept = {path.read_text() for path in (tmp_path / "assets/files").iterdir()}
    assert kept == {"two", "b"}


async def test_wrong_content_and_missing_files_are_named(store, assets, tmp_path):
    version = store.version("a", {"/index.html": "one"})
    digest = hashlib.sha256(b"one").hexdigest()
    store.contents[digest] = b"other"
    with pytest.raises(ContentMissing, match="the control plane sent one with hash"):
        await assets.prepare(version)
    store.contents[digest] = b"one"
    await assets.prepare(version)
    assert served(tmp_path, "a") == {"/index.html": "one"}


async def test_a_full_disk_is_named(store, assets, monkeypatch):
    def full(*_, **__):
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(folders.os, "link", full)
    with pytest.raises(ContentMissing, match="the disk is full"):
        await assets.prepare(store.version("a", {"/index.html": "one"}))
