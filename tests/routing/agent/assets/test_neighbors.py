"""Which files the versions of a deployment serve for each other."""

from routing.agent.assets.neighbors import borrowed
from routing.asset_manifest import StoredFile


def files(*paths, by="x"):
    return {path: StoredFile(by + path, 1) for path in paths}


def test_files_that_a_version_does_not_have_are_borrowed():
    own, other = files("/app-2.js", "/logo.svg"), files("/app-1.js", "/logo.svg", by="y")
    assert borrowed(own, [other]) == files("/app-1.js", by="y")


def test_pages_are_not():
    assert borrowed({}, [files("/index.html", "/old.HTM", "/a/b.css")]) == files("/a/b.css")


def test_a_file_is_not_put_over_a_folder_or_below_a_file():
    own = files("/a/b.js", "/c")
    assert borrowed(own, [files("/a", "/c/d.js", "/a/e.js")]) == files("/a/e.js")


def test_the_first_other_version_wins():
    assert borrowed({}, [files("/a.js", by="1"), files("/a.js", by="2")]) == files("/a.js", by="1")
