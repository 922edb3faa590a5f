"""ModuleCache on disk by their hash."""

import asyncio
import errno
import hashlib
from dataclasses import replace

import pytest

from routing.agent.base import edge_folder
from routing.agent.control_plane.content import ContentMissing
from routing.agent.control_plane.module_cache import ModuleCache
from routing.snapshot import ModuleSpec
from tests.routing.agent.histories import make_version


def version_with(*contents):
    modules = tuple(
        ModuleSpec(name=f"{n}.js", content_type="", sha256=sha(c), size=len(c))
        for n, c in enumerate(contents)
    )
    return replace(make_version("v"), modules=modules)


def sha(content):
    return hashlib.sha256(content).hexdigest()


class Store:
    """Stands for the control plane's modules."""

    def __init__(self, *contents):
        self.contents = {sha(c): c for c in contents}
        self.asked = []

    async def fetch(self, sha256):
        self.asked.append(sha256)
        return self.contents[sha256]


async def test_a_module_is_fetched_once_and_kept(tmp_path):
    store = Store(b"one", b"two")
    modules = ModuleCache(store.fetch, tmp_path)
    version = version_with(b"one", b"two", b"one")
    for _ in range(2):
        assert await modules.of(version) == store.contents
    assert len(store.asked) == 2
    assert (tmp_path / sha(b"one")).read_bytes() == b"one"


async def test_other_content_than_the_hash_says_is_refused_and_not_kept(tmp_path):
    store = Store(b"one")
    store.contents[sha(b"one")] = b"forged"
    with pytest.raises(ContentMissing, match="sent one with hash"):
        await ModuleCache(store.fetch, tmp_path).of(version_with(b"one"))
    assert list(tmp_path.iterdir()) == []


async def test_a_module_damaged_on_disk_is_fetched_again(tmp_path):
    store = Store(b"one")
    modules = ModuleCache(store.fetch, tmp_path)
    (tmp_path / sha(b"one")).write_bytes(b"rot")
    assert await modules.of(version_with(b"one")) == store.contents
    assert (tmp_path / sha(b"one")).read_bytes() == b"one"


async def test_a_full_disk_is_said_and_leaves_nothing_half_written(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    store = Store(b"one")
    modules = ModuleCache(store.fetch, tmp_path)
    monkeypatch.setattr(edge_folder.os, "fsync", full)
    with pytest.raises(ContentMissing, match="cannot be stored: the disk is full"):
        await modules.of(version_with(b"one"))
    assert list(tmp_path.iterdir()) == []
    monkeypatch.undo()
    assert await modules.of(version_with(b"one")) == store.contents


async def test_what_no_version_needs_is_removed(tmp_path):
    store = Store(b"one", b"two")
    modules = ModuleCache(store.fetch, tmp_path)
    await modules.of(version_with(b"one", b"two"))
    await modules.evict([version_with(b"two")])
    assert [p.name for p in tmp_path.iterdir()] == [sha(b"two")]


async def test_what_is_being_written_is_left_alone(tmp_path, monkeypatch):
    store = Store(b"one")
    modules = ModuleCache(store.fetch, tmp_path)

    def evict_meanwhile(handle):
        asyncio.run(modules.evict([]))
        return None

    monkeypatch.setattr(edge_folder.os, "fsync", evict_meanwhile)
    assert await modules.of(version_with(b"one")) == store.contents
