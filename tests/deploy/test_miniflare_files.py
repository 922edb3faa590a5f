"""The files of miniflare that the state process runs."""

import base64
import hashlib

import pytest

from bin import miniflare_files as files


def test_what_is_installed_comes_from_the_pinned_package():
    assert files.is_current()
    for name in files.FILES:
        installed = files.FOLDER / name.removeprefix("dist/src/workers/")
        assert installed.read_bytes() == (files.MODULES / files.PACKAGE / name).read_bytes()
    assert "Permission is hereby granted" in (files.FOLDER / "LICENSE").read_text()


def test_an_archive_that_differs_from_the_lock_file_is_refused():
    digest = base64.b64encode(hashlib.sha512(b"archive").digest()).decode()
    files._check(b"archive", f"sha512-{digest}")
    with pytest.raises(SystemExit, match="package-lock"):
        files._check(b"other", f"sha512-{digest}")
