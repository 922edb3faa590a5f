"""Configurations with a product that has no backend here: refused by name, nothing changed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.public_workers.project import CommandFailed, Project
from tests.public_workers.rollout import WrongAnswer
from tests.public_workers.shape import FOLDER, Shape
from tests.running import System

CODE = """export class Thing {}
export default { fetch: () => new Response("refused") };
"""
LISTS = ("/workers/scripts", "/storage/kv/namespaces", "/d1/database", "/queues", "/r2/buckets")


def read_refusals() -> Mapping[str, Any]:
    """By name: `config` for wrangler, and `says`, a part of what it must print."""
    return dict(json.loads((FOLDER / "refused.json").read_text()))


def check_refusal(system: System, proxy: str, folder: Path, name: str, case: Any) -> None:
    folder.mkdir(parents=True)
    project = Project(Shape(FOLDER, name, ("refused",), ()), folder, system, proxy)
    (folder / "index.js").write_text(CODE)
    base = {"name": name, "main": "index.js", "compatibility_date": "2026-08-01"}
    config = json.dumps(base | case["config"])
    config = config.replace("__ACCOUNT__", system.run_json["account_id"])
    (folder / "wrangler.json").write_text(config)
    before = _state(system)
    try:
        printed = project.wrangler("deploy")
    except CommandFailed as failed:
        printed = str(failed)
    else:
        raise WrongAnswer(f"deployed:\n{printed}")
    # Before its error, wrangler lists the bindings with the products' names.
    if case["says"] not in printed.partition("[ERROR]")[2]:
        raise WrongAnswer(f"no {case['says']!r} in:\n{printed}")
    if _state(system) != before:
        raise WrongAnswer(f"something changed:\n{printed}")


def _state(system: System) -> str:
    return json.dumps([_names(system.api("GET", path).json()["result"]) for path in LISTS])


def _names(result: Any) -> list[str]:
    items = result.get("buckets", []) if isinstance(result, dict) else result
    return sorted(str(item) for item in items)
