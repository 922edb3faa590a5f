"""Rows for tests, made the way the product makes them where that is cheap."""

from __future__ import annotations

import itertools
import secrets
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from django.utils import timezone

from dashboard.accounts.models import Role, User
from routing.deploy import ANY, deploy
from routing.models import Deployment, Edge, Invocation, Propagation, Version, Worker

PASSWORD = "correct horse battery"
_numbers = itertools.count(1)


def make_user(name: str = "maya", role: Role = Role.OPERATOR, **fields: Any) -> User:
    fields.setdefault("email", f"{name}@shop.example")
    return User.objects.create_user(username=name, password=PASSWORD, role=role, **fields)


def make_worker(name: str = "checkout", **fields: Any) -> Worker:
    fields.setdefault("created_on", timezone.now())
    fields.setdefault("tag", secrets.token_hex(16))
    return Worker.objects.create(name=name, **fields)


def make_version(worker: Worker, **fields: Any) -> Version:
    """The next upload of `worker`, without modules."""
    newest = worker.versions.newest_first().first()
    defaults: dict[str, Any] = {
        "number": newest.number + 1 if newest else 1,
        "source": "wrangler",
        "triggered_by": "version_upload",
        "created_on": timezone.now(),
        "compatibility_date": "2026-11-01",
        "main_module": "index.js",
        "etag": secrets.token_hex(32),
    }
    return Version.objects.create(worker=worker, **(defaults | fields))


def make_deployment(
    worker: Worker, *shares: tuple[Version, int | float], **fields: Any
) -> Deployment:
    """`shares` are (version, percentage); without any, a new version gets everything."""
    listed = shares or ((make_version(worker), 100),)
    defaults: dict[str, Any] = {
        "author": None,
        "source": "wrangler",
        "expected": ANY,
        "now": timezone.now(),
    }
    pairs = [(str(v.id), p) for v, p in listed]
    return deploy(worker=worker, shares=pairs, **(defaults | fields))


def make_edge(name: str = "local-1", **fields: Any) -> Edge:
    now = timezone.now()
    defaults: dict[str, Any] = {
        "token_sha256": secrets.token_hex(32),
        "created_on": now,
        "last_seen_on": now,
    }
    return Edge.objects.create(name=name, **(defaults | fields))


def make_propagation(edge: Edge, deployment: Deployment, after_ms: int = 61) -> Propagation:
    """`edge` has the revision of `deployment`, so long after it was made."""
    applied_on: datetime = deployment.created_on + timedelta(milliseconds=after_ms)
    Edge.objects.filter(pk=edge.pk).update(applied_revision=deployment.revision)
    return Propagation.objects.create(
        edge=edge, revision=deployment.revision, applied_on=applied_on
    )


def make_invocation(edge: Edge, deployment: Deployment, **fields: Any) -> Invocation:
    """One line of the edge's log: the first version of the deployment, drawn by percentage."""
    defaults: dict[str, Any] = {
        "request_id": str(uuid4()),
        "ray": f"{next(_numbers):016x}-DEV",
        "hop": "proof",
        "worker": deployment.worker.name,
        "version_id": str(deployment.shares.all()[0].version_id),
        "deployment_id": str(deployment.id),
        "reason": "percentage",
        "override": "",
        "method": "GET",
        "path": "/",
        "status": 200,
        "started_on": timezone.now(),
        "duration_us": 12_000,
    }
    return Invocation.objects.create(edge=edge, **(defaults | fields))


def make_edge(name: str = "local-1", **given: Any) -> Edge:
    """An edge that was heard of just now and has nothing yet."""
    now = timezone.now()
    fields: dict[str, Any] = {
        "token_sha256": secrets.token_hex(32),
        "created_on": now,
        "last_seen_on": now,
    }
    return Edge.objects.create(name=name, **(fields | given))


def make_propagation(edge: Edge, deployment: Deployment, after_ms: int = 61) -> Propagation:
    """`edge` got the revision of `deployment`, so long after it was made."""
    Edge.objects.filter(pk=edge.pk).update(applied_revision=deployment.revision)
    applied_on = deployment.created_on + timedelta(milliseconds=after_ms)
    return Propagation.objects.create(
        edge=edge, revision=deployment.revision, applied_on=applied_on
    )


def make_invocation(edge: Edge, deployment: Deployment, **given: Any) -> Invocation:
    """One line of the edge's log: the first listed version, drawn by percentage."""
    fields: dict[str, Any] = {
        "request_id": str(uuid4()),
        "ray": f"{secrets.token_hex(8)}-DEV",
        "hop": "proof",
        "worker": deployment.worker.name,
        "version_id": str(deployment.shares.all()[0].version_id),
        "deployment_id": str(deployment.id),
        "reason": "percentage",
        "override": "absent",
        "method": "GET",
        "path": "/",
        "status": 200,
        "started_on": timezone.now(),
        "duration_us": 12_000,
    }
    return Invocation.objects.create(edge=edge, **(fields | given))
