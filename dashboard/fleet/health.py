"""/healthz: whether this process works, its version and revision, and problem codes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError
from django.http import HttpRequest, JsonResponse

from dashboard.fleet.edge_condition import conditions, reasons_of
from dashboard.fleet.storage import own_disk
from routing.control import revision
from routing.process_identity import ProcessIdentity
from routing.version import VERSION

PROCESS_FILE: Path = settings.DATA_DIR / "processes.json"
"""Written by `make run`: the state of each of its processes."""
WORK_FILE: Path = settings.DATA_DIR / "work.json"
"""Written by `manage.py work`: the state of each of its tasks."""


@login_not_required
def healthz(request: HttpRequest) -> JsonResponse:
    """`status`: ok, degraded (200, with problem codes in `reasons`) or no database (503). Public,
    so it names no person and no edge."""
    try:
        answer: dict[str, Any] = {
            "status": "ok",
            "version": VERSION,
            "revision": revision.current(),
        }
        reasons = reasons_of(conditions())
    except DatabaseError:
        return JsonResponse({"status": "no database"}, status=503)
    if disk := own_disk():
        reasons.append(f"disk_{disk}")
    processes = _processes()
    if processes:
        answer["processes"] = processes
    if any(process["state"] != "running" for process in processes.values()):
        reasons.append("process_restarts")
    if troubled := _troubled_tasks():
        answer["work"] = troubled
        reasons.append("background_work")
    if reasons:
        answer |= {"status": "degraded", "reasons": reasons}
    return JsonResponse(answer)


def _processes() -> dict[str, Any]:
    """Those of the running `make run`."""
    try:
        processes = _read(PROCESS_FILE).get("processes", {})
        return {
            name: {"state": process["state"], "restarts": process["restarts"]}
            for name, process in processes.items()
        }
    except (KeyError, TypeError, AttributeError):
        return {}


def _troubled_tasks() -> dict[str, str]:
    """Tasks of background work that fail or are stuck, by name."""
    tasks = _read(WORK_FILE).get("tasks", {})
    return {name: state for name, state in tasks.items() if state != "ok"}


def _read(file: Path) -> dict[str, Any]:
    """The file's content, empty when its process has ended: a killed one leaves its file behind."""
    try:
        content = json.loads(file.read_text())
        is_running = ProcessIdentity(content["pid"], content["started"]).is_running()
        return content if is_running else {}
    except (OSError, ValueError, KeyError, TypeError):
        return {}
