"""Documentation is part of the product: what exists is written down."""

import ast
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dashboard.fleet.edge_condition import Condition, reasons_of
from routing.agent.state.state import EndKind
from routing.disk import DiskState
from routing.rules.decide import Reason
from routing.rules.override import Outcome

PROJECT = Path(__file__).resolve().parent.parent
README = (PROJECT / "README.md").read_text()
SETTINGS = (PROJECT / "docs" / "settings.md").read_text()
OPERATIONS = (PROJECT / "docs" / "operations.md").read_text()
NOW = datetime(2026, 11, 30, tzinfo=UTC)
VARIABLE = re.compile(r'"((?:SLUICE_[A-Z_]+)|DATABASE_URL|REDIS_URL)"')


def variables(pattern):
    return {name for file in PROJECT.glob(pattern) for name in VARIABLE.findall(file.read_text())}


@pytest.mark.parametrize("variable", sorted(variables("dashboard/settings/*.py")))
def test_every_setting_of_the_control_plane_is_documented(variable):
    assert f"`{variable}`" in SETTINGS


@pytest.mark.parametrize("variable", sorted(variables("routing/agent/config.py")))
def test_every_setting_of_an_edge_is_documented(variable):
    assert f"`{variable}`" in SETTINGS


@pytest.mark.parametrize("word", [*Reason, *Outcome])
def test_every_reason_and_outcome_is_explained(word):
    assert f"`{word}`" in (PROJECT / "routing" / "README.md").read_text()


def edge_reasons():
    """Every code that an edge's condition can have."""
    worst = Condition(
        edge="e1", silent_for=timedelta(1), lost_at=NOW, shared_by=("m1", "m2"), clock_off_ms=-2001
    )
    disks = [Condition(edge="e1", disk=state) for state in DiskState]
    ends = [Condition(edge="e1", envoy_end=kind) for kind in (EndKind.crash, EndKind.hang)]
    return reasons_of([worst, *disks, *ends])


@pytest.mark.parametrize("code", edge_reasons())
def test_every_reason_of_an_edge_is_documented(code):
    assert f"`{code}`" in OPERATIONS


def test_the_test_command_of_the_readme_is_the_one_ci_calls():
    assert "exec make test </dev/null" in (PROJECT / ".ci" / "run").read_text()
    assert "\nmake test " in README


@pytest.mark.parametrize(
    "path", sorted(set(re.findall(r"`((?:[a-z_]+/)+[a-z_]*(?:\.py)?)`", README)))
)
def test_the_readme_points_at_what_exists(path):
    assert (PROJECT / path.replace("<room>/", "")).exists()


CONTRIBUTING = (PROJECT / "CONTRIBUTING.md").read_text()


@pytest.mark.parametrize(
    "path",
    sorted(
        set(re.findall(r"`((?:dashboard|routing|templates|static|tests)/[a-z_/.]+)`", CONTRIBUTING))
    ),
)
def test_contributing_points_at_what_exists(path):
    assert (PROJECT / path).exists()


def _listed(package: Path) -> set[str]:
    """Files and folders in the first column of a room's map."""
    docstring = ast.get_docstring(ast.parse(package.read_text())) or ""
    return set(re.findall(r"^ *([a-z_0-9]+(?:\.py|/))  +\S", docstring, re.MULTILINE))


def test_the_map_of_every_room_lists_what_exists():
    packages = [
        p
        for room in ("dashboard", "routing", "benchmarks")
        for p in (PROJECT / room).rglob("__init__.py")
    ]
    missing = {
        str(package.parent / name)
        for package in packages
        for name in _listed(package)
        if not (package.parent / name).exists()
    }
    assert len(packages) > 100 and missing == set()


PAGES = [PROJECT / "README.md", *sorted((PROJECT / "docs").glob("*.md"))]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_between_documents_lead_somewhere(page):
    links = re.findall(r"\]\(([^)#]+)", page.read_text())
    missing = [to for to in links if "://" not in to and not (page.parent / to).exists()]
    assert missing == []


@pytest.mark.parametrize("page", PAGES[1:], ids=lambda page: page.name)
def test_every_page_is_listed(page):
    listed = (PROJECT / "docs" / "README.md").read_text()
    assert page.name == "README.md" or f"({page.name})" in listed


def test_the_pictures_of_the_readme_exist():
    for picture in re.findall(r"!\[[^\]]*\]\(([^)]+)\)", README):
        assert (PROJECT / picture).is_file()
