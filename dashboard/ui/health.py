"""/healthz: whether this process can answer, and from which desired state."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError
from django.http import HttpRequest, JsonResponse

from routing import revision


@login_not_required
def healthz(request: HttpRequest) -> JsonResponse:
    try:
        return JsonResponse({"status": "ok", "revision": revision.current()})
    except DatabaseError:
        return JsonResponse({"status": "no database"}, status=503)
