"""/healthz: whether this process can answer, from which desired state, and what is wrong."""

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

PROCESS_FILE: Path = settings.DATA_DIR / "processes.json"
"""Written by `make run`: how each of its processes is."""


@login_not_required
def healthz(request: HttpRequest) -> JsonResponse:
    """`status` is ok, degraded (200: this process answers; `reasons` are codes of what is wrong)
    or no database (503). Names nobody and no edge: anyone may ask."""
    try:
        answer: dict[str, Any] = {"status": "ok", "revision": revision.current()}
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
    if reasons:
        answer |= {"status": "degraded", "reasons": reasons}
    return JsonResponse(answer)


def _processes() -> dict[str, Any]:
    """Those of the `make run` that runs now; a killed one leaves its file behind."""
    try:
        found = json.loads(PROCESS_FILE.read_text())
        if not ProcessIdentity(found["pid"], found["started"]).is_running():
            return {}
        return {
            name: {"state": process["state"], "restarts": process["restarts"]}
            for name, process in found["processes"].items()
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}
