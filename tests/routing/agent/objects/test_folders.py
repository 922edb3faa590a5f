"""Folders of namespaces, their groups, and their deletion."""

from __future__ import annotations

import os

import pytest

from routing.agent.objects.folders import ObjectFolders
from routing.agent.users.isolation import Isolation, Kind
from routing.snapshot import ObjectClass, VersionSpec

ONE, TWO = "ab" * 16, "cd" * 16
OWN = Isolation(kind=Kind.own, group=70_000, uids=range(70_001, 70_100))
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")


def version(*namespaces: str) -> VersionSpec:
    classes = tuple(ObjectClass(class_name=f"C{n}", namespace=n) for n in namespaces)
    return VersionSpec(
        id="v", number=1, created_on="", compatibility_date="2026-08-01", objects=classes
    )


def test_without_users_there_are_no_groups(tmp_path):
    folders = ObjectFolders(Isolation(kind=Kind.agent), tmp_path / "objects")
    assert folders.groups(version(ONE)) == ()
    assert folders.namespaces() == {ONE}


@needs_root
def test_each_namespace_has_a_group_that_stays(tmp_path):
    folders = ObjectFolders(OWN, tmp_path / "objects")
    groups = folders.groups(version(ONE, TWO))
    assert len(set(groups)) == 2 and set(groups) <= set(OWN.uids)
    assert ObjectFolders(OWN, tmp_path / "objects").groups(version(ONE, TWO)) == groups
    assert (tmp_path / "objects" / ONE).stat().st_mode & 0o7777 == 0o2770


@needs_root
def test_files_are_writable_for_the_next_process(tmp_path):
    folders = ObjectFolders(OWN, tmp_path / "objects")
    (group,) = folders.groups(version(ONE))
    file = tmp_path / "objects" / ONE / f"{'0' * 64}.sqlite"
    file.touch(0o640)
    folders.admit_group([ONE])
    assert (file.stat().st_mode & 0o777, file.stat().st_gid) == (0o660, group)


@needs_root
def test_links_lead_to_no_file_elsewhere(tmp_path):
    folders = ObjectFolders(OWN, tmp_path / "objects")
    folders.groups(version(ONE))
    secrets = [tmp_path / name for name in ("symbolic", "hard")]
    for secret in secrets:
        secret.touch(0o600)
    (tmp_path / "objects" / ONE / "a.sqlite").symlink_to(secrets[0])
    (tmp_path / "objects" / ONE / "b.sqlite").hardlink_to(secrets[1])
    os.mkfifo(tmp_path / "objects" / ONE / "c.sqlite", 0o600)
    before = [(secret.stat().st_mode, secret.stat().st_gid) for secret in secrets]
    folders.admit_group([ONE])
    moved = Isolation(kind=Kind.own, group=80_000, uids=range(80_001, 80_100))
    ObjectFolders(moved, tmp_path / "objects").groups(version(ONE))
    assert [(secret.stat().st_mode, secret.stat().st_gid) for secret in secrets] == before


@needs_root
def test_another_range_of_ids_moves_the_files(tmp_path):
    (before,) = ObjectFolders(OWN, tmp_path / "objects").groups(version(ONE))
    file = tmp_path / "objects" / ONE / f"{'0' * 64}.sqlite"
    file.touch(0o640)
    moved = Isolation(kind=Kind.own, group=80_000, uids=range(80_001, 80_100))
    (after,) = ObjectFolders(moved, tmp_path / "objects").groups(version(ONE))
    assert before != after == file.stat().st_gid


def test_objects_are_counted_and_deleted(tmp_path):
    folders = ObjectFolders(Isolation(kind=Kind.agent), tmp_path / "objects")
    folders.groups(version(ONE))
    for name in (f"{'0' * 64}.sqlite", f"{'0' * 64}.sqlite-wal", "metadata.sqlite"):
        (tmp_path / "objects" / ONE / name).write_bytes(b"1234")
    assert folders.usage() == {ONE: {"objects": 1, "bytes": 8}}
    assert folders.ids(ONE) == ["0" * 64]
    folders.delete(ONE)
    folders.delete(TWO)
    assert folders.usage() == {}
