"""`pip install .` brings everything that runs: setup.py lists the files that are no Python."""

import importlib.util
from pathlib import Path

import pytest
from django.contrib.staticfiles.finders import get_finders

from routing.home import HOME
from tests.running import PROJECT


@pytest.mark.filterwarnings("ignore")
def test_templates_static_files_fonts_icons_demo_and_workerd_are_in_the_wheel():
    spec = importlib.util.spec_from_file_location("setup", PROJECT / "setup.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    packed = {PROJECT / name for _, names in module.data_files() for name in names}
    needed = {Path(s.path(n)) for f in get_finders() for n, s in f.list([]) if n[-4:] != ".txt"}
    needed = {path for path in needed if path.is_relative_to(PROJECT) and ".venv" not in path.parts}
    needed = {path for path in needed if path.suffix in (".css", ".js", ".svg", ".woff2")}
    needed |= set((HOME / "templates").rglob("*.html")) | set((HOME / "demo").rglob("*.js"))
    assert len(needed) > 300 and needed - packed == set()
    assert any(path.name == "workerd" for path in packed)
    assert any(path.match("lucide-static/icons/*.svg") for path in packed)
