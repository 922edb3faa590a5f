"""Uploads from the API: one door to `routing.upload`, for every endpoint that makes a version."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from django.utils import timezone

from dashboard.api.auth import Caller
from dashboard.api.errors import ApiError
from dashboard.api.metadata import Upload
from routing.deploy import ANY, active_deployment
from routing.draft import Draft
from routing.models import Deployment, Version, Worker
from routing.rules.split import TOTAL
from routing.snapshot import Binding
from routing.upload import draft_of, upload_version

Bindings = tuple[Binding, ...]


def upload(
    caller: Caller,
    worker_name: str,
    given: Upload,
    *,
    triggered_by: str,
    strict: bool = True,
    create: bool = False,
    live: bool = False,
    expected: Any = ANY,
) -> tuple[Version, Deployment | None]:
    """A new version from an upload; with `live` deployed at 100 %."""
    _check_services(given.draft, worker_name)
    return upload_version(
        worker_name=worker_name,
        draft=given.draft,
        author=caller.user,
        source=caller.source,
        triggered_by=triggered_by,
        now=timezone.now(),
        keep=given.keep,
        strict=strict,
        create=create,
        live=live,
        deploy_message=given.draft.message if live else "",
        expected=expected,
        settings=given.settings,
    )


def upload_copy(
    caller: Caller,
    worker: Worker,
    latest: Version,
    edit: Callable[[Bindings], Bindings],
    *,
    triggered_by: str = "secret",
    tag: str = "",
    message: str = "",
    live_after: Deployment | None = None,
) -> Version:
    """The latest version with other bindings. With `live_after` it is deployed, if that is live."""
    draft = draft_of(latest)
    version, _ = upload_version(
        worker_name=worker.name,
        draft=replace(draft, bindings=edit(draft.bindings), tag=tag, message=message),
        author=caller.user,
        source=caller.source,
        triggered_by=triggered_by,
        now=timezone.now(),
        keep=frozenset(),
        live=live_after is not None,
        deploy_message=message,
        expected=live_after.id if live_after else ANY,
        based_on=latest,
    )
    return version


def fully_live(worker: Worker, latest: Version | None) -> tuple[Version, Deployment]:
    """The latest version and the deployment that gives it 100 %; raises 10215 otherwise.

    Deploying a changed copy of a version that is still being tried would end its rollout.
    """
    active = active_deployment(worker)
    shares = active.shares.all() if active else []
    if latest and active and any(s.version_id == latest.pk and s.weight == TOTAL for s in shares):
        return latest, active
    raise ApiError(
        400,
        (
            10215,
            "Secret edit failed. You attempted to modify a secret, but the latest version of your "
            "Worker isn't currently deployed at 100%. Deploy it fully first, or make a version "
            "that is not deployed: wrangler versions secret put.",
        ),
    )


def _check_services(draft: Draft, worker_name: str) -> None:
    """A service binding leads to a Worker that exists; its own name counts."""
    wanted = {b.name: b.options["service"] for b in draft.bindings if b.type == "service"}
    known = set(Worker.objects.filter(name__in=wanted.values()).values_list("name", flat=True))
    problems = [
        (
            10143,
            f"Could not resolve service binding '{name}'. Target script '{service}' not found. "
            "Deploy it first.",
        )
        for name, service in wanted.items()
        if service not in known | {worker_name}
    ]
    if problems:
        raise ApiError(400, *problems)
