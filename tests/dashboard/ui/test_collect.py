"""Static files are collected once, and again when one of them changes."""

import os
import shutil

import pytest
from django.contrib.staticfiles.finders import get_finder

from dashboard.ui.assets.collect import collect_static


@pytest.fixture
def source(settings, tmp_path):
    (tmp_path / "source").mkdir()
    settings.STATICFILES_DIRS = [tmp_path / "source"]
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    settings.STATIC_ROOT = tmp_path / "root"
    file = tmp_path / "source/page.css"
    file.write_text(".a {}")
    get_finder.cache_clear()
    yield file
    get_finder.cache_clear()


def test_it_collects_when_a_source_is_new_changed_or_gone(source, settings):
    assert collect_static() and not collect_static()
    assert (settings.STATIC_ROOT / "page.css").read_text() == ".a {}"
    source.write_text(".a { color: red }")
    os.utime(source, (2_000_000_000, 2_000_000_000))  # Django compares whole seconds
    assert collect_static() and not collect_static()
    assert (settings.STATIC_ROOT / "page.css").read_text() == ".a { color: red }"
    source.with_name("more.css").write_text("")
    assert collect_static() and not collect_static()


def test_it_collects_again_into_a_folder_that_was_removed(source, settings):
    assert collect_static()
    shutil.rmtree(settings.STATIC_ROOT)
    assert collect_static()
    assert (settings.STATIC_ROOT / "page.css").exists()


def test_collected_files_of_an_image_need_no_write(source, settings):
    """Its folder cannot be written, and its times are whole seconds."""
    os.utime(source, ns=(1_700_000_000_123_456_789, 1_700_000_000_123_456_789))
    assert collect_static()
    os.utime(source, (1_700_000_000, 1_700_000_000))
    lock = settings.STATIC_ROOT.with_name("root.lock")
    lock.unlink()
    assert not collect_static() and not lock.exists()
