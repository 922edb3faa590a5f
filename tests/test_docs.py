"""Documentation is part of the product: what exists is written down."""

import re
from pathlib import Path

import pytest

from routing.rules.decide import Reason
from routing.rules.override import Outcome

PROJECT = Path(__file__).resolve().parent.parent
README = (PROJECT / "README.md").read_text()
VARIABLE = re.compile(r'"((?:SLUICE_[A-Z_]+)|DATABASE_URL|REDIS_URL)"')


def variables(file):
    return set(VARIABLE.findall((PROJECT / file).read_text()))


@pytest.mark.parametrize("variable", sorted(variables("dashboard/settings.py")))
def test_every_setting_of_the_control_plane_is_in_the_readme(variable):
    assert f"`{variable}`" in README


@pytest.mark.parametrize("variable", sorted(variables("routing/agent/config.py")))
def test_every_setting_of_an_edge_is_in_the_readme(variable):
    assert f"`{variable}`" in README


@pytest.mark.parametrize("word", [*Reason, *Outcome])
def test_every_reason_and_outcome_is_explained(word):
    assert f"`{word}`" in (PROJECT / "routing" / "README.md").read_text()


def test_the_test_command_of_the_readme_is_the_one_ci_calls():
    assert "exec make test </dev/null" in (PROJECT / ".ci" / "run").read_text()
    assert "\nmake test " in README


@pytest.mark.parametrize(
    "path", sorted(set(re.findall(r"`((?:[a-z_]+/)+[a-z_]*(?:\.py)?)`", README)))
)
def test_the_readme_points_at_what_exists(path):
    assert (PROJECT / path.replace("<room>/", "")).exists()


def test_the_pictures_of_the_readme_exist():
    for picture in re.findall(r"!\[[^\]]*\]\(([^)]+)\)", README):
        assert (PROJECT / picture).is_file()
