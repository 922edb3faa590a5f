"""What `pip install .` takes along beside the packages: into `share/sluice` of the environment.

Most of it is made by `bin/setup.py run`, which installs npm packages and bundles what pages load.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

from setuptools import Distribution, setup

ROOT = Path(__file__).resolve().parent
PARTS = (
    "demo/**/*",
    "templates/**/*",
    "static/**/*",
    "node_modules/.fonts/**/*",
    "node_modules/.miniflare/**/*",
    "node_modules/@fontsource-variable/*/files/*.woff2",
    "node_modules/lucide-static/icons/*.svg",
    "node_modules/workerd/package.json",
    "node_modules/workerd/workerd.capnp",
    "node_modules/@cloudflare/workerd-*/bin/workerd",
)
MADE = ("static/built/bundles.stamp", "node_modules/workerd/workerd.capnp")


class PlatformDistribution(Distribution):  # type: ignore[misc]  # untyped
    """It has a program for one kind of machine."""

    def has_ext_modules(self) -> bool:
        return True


def data_files() -> list[tuple[str, list[str]]]:
    """(folder, files), as setuptools takes them."""
    for name in MADE:
        if not (ROOT / name).exists():
            raise SystemExit(f"{name} is missing: run python3 bin/setup.py run before.")
    folders: dict[str, list[str]] = defaultdict(list)
    for pattern in PARTS:
        for path in sorted(ROOT.glob(pattern)):
            if path.is_file():
                relative = path.relative_to(ROOT)
                folders[f"share/sluice/{relative.parent}"].append(str(relative))
    return list(folders.items())


if __name__ == "__main__":
    setup(data_files=data_files(), distclass=PlatformDistribution)
