"""Sluice-Expected-Deployment, our one addition to Cloudflare's API: a condition for deploying."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from routing.control.deploy import ANY

HEADER = "Sluice-Expected-Deployment"
EXPECTED_HEADER = {
    "in": "header",
    "name": HEADER,
    "schema": {"type": "string"},
    "required": False,
    "description": "Deploy only if this deployment is active, or `none` if nothing is; else 409.",
}


def expected_deployment(request: HttpRequest) -> Any:
    """The `expected` argument of `routing.control.deploy`; `ANY` without the header."""
    value = request.headers.get(HEADER, "").strip()
    if not value:
        return ANY
    return None if value == "none" else value
