"""/healthz: whether this process can answer, and from which desired state."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError
from django.http import HttpRequest, JsonResponse

from routing import revision

PROCESS_FILE: Path = settings.DATA_DIR / "processes.json"
"""Written by `make run`: how each of its processes is."""


@login_not_required
def healthz(request: HttpRequest) -> JsonResponse:
    """`status` is ok, degraded (200: this process is well, one in `processes` keeps ending) or no
    database (503)."""
    try:
        answer: dict[str, Any] = {"status": "ok", "revision": revision.current()}
    except DatabaseError:
        return JsonResponse({"status": "no database"}, status=503)
    processes = _processes()
    if processes:
        answer["processes"] = processes
    if any(process["state"] != "running" for process in processes.values()):
        answer["status"] = "degraded"
    return JsonResponse(answer)


def _processes() -> dict[str, Any]:
    """Those of the `make run` that runs now; a killed one leaves its file behind."""
    try:
        found = json.loads(PROCESS_FILE.read_text())
        return dict(found["processes"]) if Path(f"/proc/{found['pid']}").exists() else {}
    except (OSError, ValueError, KeyError, TypeError):
        return {}
