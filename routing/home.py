"""Where the files are that are no Python: a copy of the project, or what `pip install` put into
`share/sluice` of its environment."""

from __future__ import annotations

import sys
from pathlib import Path


def _home() -> Path:
    project = Path(__file__).resolve().parents[1]
    return project if (project / "templates").is_dir() else Path(sys.prefix) / "share" / "sluice"


HOME = _home()
NODE_MODULES = HOME / "node_modules"
