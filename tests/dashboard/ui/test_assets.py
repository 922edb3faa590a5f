"""One list of stylesheets and scripts: for the build, for templates, and none of it stale."""

import gzip
import re
from graphlib import TopologicalSorter

import brotli
import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.template import TemplateSyntaxError

from dashboard.ui.assets import bundles
from dashboard.ui.assets.static_files import OnlyNew
from dashboard.ui.templatetags import assets

TEMPLATES = settings.BASE_DIR / "templates"


IMPORT = re.compile(r'(?:@import|import|from) "([^"@]+\.(?:css|js))"')


def test_every_page_names_an_entry_and_every_entry_has_a_page():
    named = {"first"}
    for template in TEMPLATES.rglob("*.html"):
        text = template.read_text()
        named |= set(re.findall(r'{% assets "([a-z0-9-]+)"', text))
        assert not re.search(r"{% static '(css|js)/", text), template
    assert named == {entry.stem for entry in bundles.entries()}


def test_every_import_exists_and_every_source_is_imported_by_a_page():
    queue, reached = [*bundles.entries(), bundles.STATIC / "js/editor/code.js"], set()
    while queue:
        source = queue.pop()
        if source in reached:
            continue
        reached.add(source)
        imports = IMPORT.findall(source.read_text())
        queue += [(source.parent / name).resolve() for name in imports]
    assert [str(source) for source in reached if not source.is_file()] == []
    assert reached == set(bundles.sources())


def test_no_module_imports_itself_through_another():
    graph = {
        source: {(source.parent / name).resolve() for name in IMPORT.findall(source.read_text())}
        for source in bundles.sources()
        if source.suffix == ".js"
    }
    assert len(list(TopologicalSorter(graph).static_order())) == len(graph)  # or CycleError


@pytest.fixture
def sources(tmp_path, monkeypatch):
    """One page: its stylesheet, what that imports, and its bundle."""
    for folder in ("css/pages", "js/pages", "built"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "css/a.css").write_text(".a {}")
    (tmp_path / "css/pages/page.css").write_text('@import "../a.css" layer(page);')
    monkeypatch.setattr(bundles, "STATIC", tmp_path)
    monkeypatch.setattr(bundles, "STAMP", tmp_path / "built/bundles.stamp")
    bundles.STAMP.write_text(bundles.fingerprint())
    assets._built.cache_clear()
    yield tmp_path
    assets._built.cache_clear()


def test_a_bundle_is_used_until_one_of_its_sources_changes(sources):
    link = '<link rel="stylesheet" href="/static/{}">'
    assert assets.assets("page") == link.format("built/page.css")
    (sources / "css/a.css").write_text(".a { color: red }")
    assets._built.cache_clear()
    assert assets.assets("page") == link.format("css/pages/page.css")


def test_without_a_build_pages_name_their_entries(sources):
    bundles.STAMP.unlink()
    (sources / "js/pages/page.js").write_text("")
    assert '<script type="module" src="/static/js/pages/page.js">' in assets.assets("page")


def test_a_page_without_an_entry_is_an_error(sources):
    with pytest.raises(TemplateSyntaxError, match="'pag'"):
        assets.assets("pag")


def test_the_preloaded_fonts_are_those_of_the_stylesheet():
    stylesheet = (bundles.STATIC / "css/tokens.css").read_text()
    for font in assets.FONTS:
        assert f'"../{font}"' in stylesheet
        assert finders.find(font)


def test_a_page_goes_out_compressed_and_its_length_says_nothing(maya):
    accepts = {"accept-encoding": "gzip, br"}
    found = [maya.get("/workers/", headers=accepts) for _ in range(12)]
    assert {answer["Content-Encoding"] for answer in found} == {"gzip"}
    assert "Accept-Encoding" in found[0]["Vary"]
    page = gzip.decompress(found[0].content)
    assert page.endswith(b"</html>\n") and len(found[0].content) < len(page) / 2
    assert len({len(answer.content) for answer in found}) > 3  # up to 100 random bytes


def test_what_tools_read_and_what_takes_no_gzip_goes_out_as_it_is(maya):
    assert "Content-Encoding" not in maya.get("/workers/")
    metrics = maya.get("/metrics", headers={"accept-encoding": "gzip"})
    assert "Content-Encoding" not in metrics


def test_a_file_is_compressed_once_and_only_under_its_hashed_name(tmp_path):
    compressor = OnlyNew(quiet=True)
    assert not compressor.should_compress("css/base.css")
    assert not compressor.should_compress("fonts/inter.0f1e2d3c4b5a.woff2")
    assert compressor.should_compress("css/base.0f1e2d3c4b5a.css")
    file = tmp_path / "base.0f1e2d3c4b5a.css"
    file.write_text(".a { color: red }\n" * 200)
    made = compressor.compress(file)
    assert [path.removeprefix(str(file)) for path in made] == [".br", ".gz"]
    assert brotli.decompress((tmp_path / f"{file.name}.br").read_bytes()) == file.read_bytes()
    stamps = [(tmp_path / path).stat().st_mtime_ns for path in made]
    file.write_text("never read again")
    assert compressor.compress(file) == made
    assert [(tmp_path / path).stat().st_mtime_ns for path in made] == stamps
