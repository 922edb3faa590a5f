"""Every component of others is listed with its exact version (OWASP ASVS 5.0, 15.1.2)."""

import json
import re
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PROJECT = Path(__file__).resolve().parent.parent
LINES = [
    line.split("#")[0].strip()
    for line in (PROJECT / "requirements.txt").read_text().splitlines()
    if line.split("#")[0].strip()
]
LISTED = {canonicalize_name(Requirement(line).name): Requirement(line) for line in LINES}


def needed_by(name: str, extras: set[str]) -> list[Requirement]:
    """What the installed distribution needs on this machine."""
    try:
        requires = metadata.requires(name) or []
    except metadata.PackageNotFoundError:  # listed for another version of Python
        return []
    found = [Requirement(text) for text in requires]
    chosen = extras or {""}
    return [
        one
        for one in found
        if one.marker is None or any(one.marker.evaluate({"extra": extra}) for extra in chosen)
    ]


def test_python_packages_are_listed_with_all_that_they_need():
    assert all(re.search(r"==\d", line) for line in LINES)
    for name, requirement in LISTED.items():
        for other in needed_by(name, requirement.extras):
            assert canonicalize_name(other.name) in LISTED, f"{name} needs {other.name}"


def test_node_packages_are_those_that_were_looked_at():
    """By checksum. The runtime for systems where Sluice does not run has none."""
    lock = json.loads((PROJECT / "package-lock.json").read_text())
    packages = {name: one for name, one in lock["packages"].items() if name}
    assert len(packages) > 10
    for name, one in packages.items():
        assert re.match(r"\d", one["version"]), name
        elsewhere = re.search(r"/workerd-(darwin|windows)-", name)
        assert one.get("integrity", "").startswith("sha512-") or elsewhere, name
