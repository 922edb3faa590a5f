"""One version number, a changelog by release, and the last release's commit."""

import re
from pathlib import Path

from packaging.version import Version

from routing.version import USER_AGENT, VERSION

PROJECT = Path(__file__).resolve().parents[2]
SECTIONS = re.findall(r"^## (.+)$", (PROJECT / "CHANGELOG.md").read_text(), re.MULTILINE)


def test_the_changelog_has_a_section_for_each_release_newest_first():
    unreleased, *released = SECTIONS
    assert unreleased == "Unreleased"
    releases = [re.fullmatch(r"(\d+\.\d+\.\d+) - \d{4}-\d\d-\d\d", title) for title in released]
    assert releases and all(releases)
    numbers = [Version(release[1]) for release in releases]
    assert numbers == sorted(numbers, reverse=True)
    current = Version(VERSION)
    assert current > numbers[0] if current.is_devrelease else current == numbers[0]


def test_each_kind_of_change_is_listed_once_in_a_section():
    unreleased = (PROJECT / "CHANGELOG.md").read_text().split("\n## ")[1]
    kinds = re.findall(r"^### (.+)$", unreleased, re.MULTILINE)
    order = ["Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"]
    assert kinds == [kind for kind in order if kind in kinds]


def test_the_last_release_is_a_commit():
    assert re.fullmatch(r"[0-9a-f]{40}\n", (PROJECT / "deploy" / "last_release").read_text())


def test_agents_and_requests_to_others_name_the_version():
    assert USER_AGENT == f"Sluice/{VERSION}"
