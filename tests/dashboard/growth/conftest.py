"""1,200 Workers with two live versions each, once for all tests of a module.

SQLite refuses expressions deeper than 1,000 and statements with too many variables: what asks with
one term for each Worker works in every small test and breaks here.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone
from fastdigest import TDigest

from dashboard.accounts.models import Role, User
from dashboard.accounts.tokens import create_token
from dashboard.fleet import deployment_cache
from dashboard.observability.models import Count, Latency, Span
from routing.models import (
    Deployment,
    DesiredState,
    Edge,
    Module,
    ServiceBinding,
    Share,
    Version,
    VersionModule,
    Worker,
)
from routing.secret_encryption import encrypt_binding
from routing.snapshot import BindingSpec, Secret
from tests.factories import CODE, make_user

WORKERS = 1_200
MOST_TERMS = 520
"""Variables of one statement: reads of many rows come in batches of 500."""


@dataclass
class Many:
    """`client` is signed in as an operator; `token` is one of the API."""

    maya: User
    token: str
    client: Client = field(default_factory=Client)


@pytest.fixture(scope="module")
def many(django_db_setup: None, django_db_blocker: Any) -> Iterator[Many]:
    with django_db_blocker.unblock(), transaction.atomic():
        found = _fill()
        yield found
        transaction.set_rollback(True)


@pytest.fixture(autouse=True)
def as_after_a_start(many: Many, db: None) -> None:
    """Nothing is remembered from an earlier test."""
    deployment_cache.forget()


@pytest.fixture
def api(many: Many) -> Callable[[str], Any]:
    def call(path: str) -> Any:
        headers = {"authorization": f"Bearer {many.token}"}
        answer = Client().get(f"/client/v4/accounts/{settings.ACCOUNT_ID}{path}", headers=headers)
        assert answer.status_code == 200, answer.content
        return answer.json()

    return call


@contextmanager
def bounded(most_queries: int) -> Iterator[list[int]]:
    """Fails on more queries than that, and on one with a variable for each Worker."""
    terms: list[int] = []

    def look(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        terms.append(max(len(params or ()), sql.count(" OR "), sql.count("UNION")))
        assert terms[-1] <= MOST_TERMS, sql[:300]
        return execute(sql, params, many, context)

    with connection.execute_wrapper(look):
        yield terms
    assert len(terms) <= most_queries, len(terms)


def _fill() -> Many:
    now, maya = timezone.now(), make_user("maya-of-many", Role.ADMIN)
    workers = Worker.objects.bulk_create(
        Worker(name=f"w{n:04}", tag=uuid.uuid4().hex, created_on=now, changed_revision=n + 1)
        for n in range(WORKERS)
    )
    versions = [_version(w, n, now, maya) for w in workers for n in (1, 2)]
    Version.objects.bulk_create(versions, batch_size=500)
    ServiceBinding.objects.bulk_create(
        (row for version in versions for row in ServiceBinding.rows_of(version)), batch_size=500
    )
    _modules(versions)
    deployments = [_deployment(w, n + 1, now, maya) for n, w in enumerate(workers)]
    Deployment.objects.bulk_create(deployments, batch_size=500)
    Share.objects.bulk_create(_shares(deployments, versions), batch_size=500)
    DesiredState.objects.update_or_create(id=1, defaults={"revision": WORKERS})
    _edges(versions, now)
    _traffic(versions, now)
    _, token = create_token(user=maya, name="t", scopes=["read", "deploy", "admin"])
    found = Many(maya, token)
    found.client.force_login(maya)
    return found


def _version(worker: Worker, number: int, now: Any, author: User) -> Version:
    secret = BindingSpec(name="KEY", type="secret_text", secret=Secret("s"))
    called = f"w{(int(worker.name[1:]) + 1) % WORKERS:04}"
    bindings = [{"name": "NEXT", "type": "service", "service": called}]
    if worker.name == "w0000":  # opening a seal takes 0.1 ms; one shows that it works
        bindings.append(encrypt_binding(secret))
    return Version(
        worker=worker,
        number=number,
        tag=f"v{number}",
        author=author,
        source="wrangler",
        triggered_by="version_upload",
        created_on=now - timedelta(hours=3 - number),
        main_module="index.js",
        compatibility_date="2026-08-01",
        bindings=bindings,
        exports=[{"name": "default", "kind": "object", "handlers": ["fetch"]}],
        etag=uuid.uuid4().hex,
    )


def _modules(versions: list[Version]) -> None:
    module = Module(sha256=uuid.uuid4().hex * 2, content=CODE, size=len(CODE))
    module.save(force_insert=True)
    VersionModule.objects.bulk_create(
        (
            VersionModule(
                version=version,
                module=module,
                position=0,
                name="index.js",
                content_type="application/javascript+module",
            )
            for version in versions
        ),
        batch_size=500,
    )


def _deployment(worker: Worker, revision: int, now: Any, author: User) -> Deployment:
    return Deployment(
        worker=worker,
        number=1,
        revision=revision,
        created_on=now - timedelta(minutes=30),
        author=author,
        source="dashboard",
        triggered_by="deployment",
        is_rollback=worker.name.endswith("7"),
    )


def _shares(deployments: list[Deployment], versions: list[Version]) -> Iterator[Share]:
    for n, deployment in enumerate(deployments):
        old, new = versions[2 * n : 2 * n + 2]
        yield Share(deployment=deployment, version=new, position=0, weight=10_000)
        yield Share(deployment=deployment, version=old, position=1, weight=90_000)


def _edges(versions: list[Version], now: Any) -> None:
    """One whose every process runs, but for one that does not start."""
    states = {str(v.id): {"state": "running", "since": "", "restarts": 0} for v in versions}
    states[str(versions[-1].id)] = {"state": "failed", "restarts": 3, "message": "no handlers"}
    Edge.objects.create(
        name="local-1",
        token_sha256="x",
        created_on=now,
        last_seen_on=now + timedelta(hours=1),
        applied_revision=WORKERS,
        status={"versions": states},
    )


def _traffic(versions: list[Version], now: Any) -> None:
    """Two minutes in which every version answered, and failed a little."""
    this = int(now.timestamp()) // 60 * 60
    sketch = TDigest.from_values([12_000.0] * 100).to_bytes()
    counts, latencies = [], []
    for start in (this - 60, this - 120):
        for version in versions:
            told = {
                "worker": version.worker.name,
                "span": Span.MINUTE,
                "start": start,
                "version_id": str(version.id),
                "edge": "local-1",
                "hop": "external",
            }
            for status, error, requests in ((2, "", 110), (5, "5xx", 10)):
                counts.append(
                    Count(
                        **told,
                        reason="percentage",
                        override="absent",
                        status_class=status,
                        error=error,
                        requests=requests,
                    )
                )
            latencies.append(Latency(**told, requests=120, total_us=1_440_000, sketch=sketch))
    Count.objects.bulk_create(counts, batch_size=2000)
    Latency.objects.bulk_create(latencies, batch_size=2000)
