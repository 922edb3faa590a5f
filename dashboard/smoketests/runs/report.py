"""Suites and runs as scripts read them: the JSON of the CLI and the API."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.urls import reverse

from dashboard.smoketests.models import CheckResult, SmokeRun, SuiteEdit


def edit_as_json(edit: SuiteEdit) -> dict[str, Any]:
    """A suite as its edit has it, without the checks."""
    return {
        "name": edit.suite.name,
        "edit": edit.number,
        "checks": len(edit.document["checks"]),
        "author": edit.author.username if edit.author else "",
        "created_at": edit.created_at,
    }


def run_as_json(run: SmokeRun) -> dict[str, Any]:
    """A run without its results. `id`, `state`, `url` and `reason` are fixed; the rest may grow."""
    return {
        "id": str(run.pk),
        "state": run.state,
        "url": _url(run),
        "reason": run.problem or run.get_state_display(),
        "problem": run.problem,
        "suite": run.edit.suite.name,
        "edit": run.edit.number,
        "version_id": str(run.version_id),
        "deployment_id": run.deployment_id,
        "edges": run.edges,
    }


def results_as_json(results: Iterable[CheckResult]) -> list[dict[str, Any]]:
    """What each check came to at each edge."""
    return [
        {
            "name": row.name,
            "edge": row.edge,
            "verdict": row.verdict,
            "version_id": row.version_id,
            "proved": row.proved,
            "ray": row.ray,
            "status": row.status,
            "ms": row.ms,
            "results": row.results,
            "problem": row.problem,
            "expected": row.accepted_id is not None,
        }
        for row in results
    ]


def _url(run: SmokeRun) -> str:
    """Where a person on this machine opens it."""
    path = reverse("smoketests:run", args=[run.version.worker.name, run.pk])
    return f"http://localhost:{settings.HTTP_PORT}{path}"
