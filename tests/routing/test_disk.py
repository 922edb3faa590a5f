"""Whether a folder can be written, and why not."""

import errno
import os
from types import SimpleNamespace

import pytest

from routing import disk
from routing.disk import DiskState, disk_state


@pytest.mark.parametrize(
    ("number", "inodes", "state"),
    [
        (errno.ENOSPC, 9, DiskState.full),
        (errno.ENOSPC, 0, DiskState.no_inodes),
        (errno.EDQUOT, 9, DiskState.full),
        (errno.EROFS, 9, DiskState.read_only),
        (errno.EIO, 9, DiskState.broken),
    ],
)
def test_why_the_folder_cannot_be_written(number, inodes, state, tmp_path, monkeypatch):
    def fails(folder):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(disk.os, "statvfs", lambda _: SimpleNamespace(f_files=9, f_favail=inodes))
    assert disk_state(tmp_path, fails) is state


def test_a_folder_that_can_be_written_keeps_nothing_of_the_probe(tmp_path):
    assert disk_state(tmp_path) is DiskState.ok and list(tmp_path.iterdir()) == []
