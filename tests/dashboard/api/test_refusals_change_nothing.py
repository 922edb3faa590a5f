"""A call that is refused leaves every row as it was: each operation, with half-right bodies."""

import json
from collections import defaultdict

import pytest
from django.apps import apps
from django.conf import settings
from django.db import connection

from dashboard.accounts.models import Token
from dashboard.api.api import api as served
from dashboard.trail import refusals
from routing.models import AuditEntry, Version
from tests.dashboard.api.conftest import BOUNDARY, METADATA, Answer, Api, form
from tests.factories import make_version

TAIL = {"tail_consumers": [{"service": "logs"}]}
SECRETS = {"A": {"text": "1", "type": "secret_text"}}
BODIES = [
    b"{",
    [{"cron": "* * * * *"}],
    [{"pattern": "example.com/*"}],
    {"name": "fresh", "logpush": True, "subdomain": {"enabled": False}, **TAIL},
    {"name": "shop", "logpush": True, "subdomain": {"enabled": False}, **TAIL},
    {"name": "other", "text": "1", "type": "secret_key"},
    {"secrets": SECRETS | {"GHOST": None}},
    {"env": SECRETS | {"GHOST": None}},
    {"enabled": False, "previews_enabled": "perhaps"},
    {"strategy": "percentage", "versions": [{"version_id": "{version}", "percentage": 99}]},
    METADATA | {"logpush": True, "modules": [], **TAIL},
    {"destination_conf": "ftp://example.com", "dataset": "workers_trace_events", "enabled": True},
]
UPLOADS = [
    METADATA | TAIL | {"logpush": True},
    METADATA | {"logpush": True, "migrations": {"new_tag": "v1"}},
    METADATA | {"logpush": True, "bindings": [{"name": "A", "type": "inherit"}]},
    METADATA | {"tags": ["x"], "bindings": [{"name": "Q", "type": "queue", "queue_name": "q"}]},
]


def writes():
    """(method, path) of every operation that may change something."""
    for path, operations in served.get_openapi_schema()["paths"].items():
        for method in operations:
            if method != "get":
                yield method.upper(), path.removeprefix("/client/v4")


def state():
    """Every row that an operation might write, but when a token was used, and that it was
    refused."""
    labels = ("routing", "exports", "live", "accounts")
    models = [model for label in labels for model in apps.get_app_config(label).get_models()]
    rows = {m.__name__: _rows(m) for m in models if m not in (Token, AuditEntry)}
    changes = AuditEntry.objects.exclude(action=refusals.ACTION).order_by("pk")
    return rows | {"AuditEntry": list(changes.values_list())}


def _rows(model):
    """Sixty tables 800 times: without Django's values it takes a third."""
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT * FROM "{model._meta.db_table}" ORDER BY 1')
        return cursor.fetchall()


def sent():
    for body in BODIES:
        yield body if isinstance(body, bytes) else json.dumps(body).encode(), "application/json"
    kind = f"multipart/form-data; boundary={BOUNDARY}"
    for metadata in UPLOADS:
        yield form(metadata), kind
        yield form(metadata).replace(b'name="metadata"', b'name="settings"'), kind


@pytest.mark.parametrize(("method", "path"), sorted(writes()))
def test_a_refused_call_changes_nothing(api: Api, method: str, path: str):
    api.put()
    api("PUT", "/workers/scripts/shop/secrets", {"name": "KEY", "text": "x"})
    make_version()  # is not deployed: secrets cannot be set
    version = str(Version.objects.latest("number").id)
    names = {"account_id": settings.ACCOUNT_ID, "script_name": "shop", "worker_id": "shop"}
    names |= {
        "version_id": version,
        "deployment_id": version,
        "job_id": "1",
    }
    names |= {"name": "shop", "secret_name": "KEY"}
    address = path.format_map(defaultdict(lambda: "x", names))
    if "strict" not in address and path.endswith(("/versions", "{script_name}")):
        address += "?bindings_inherit=strict"
    refused = 0
    before = state()
    for body, kind in sent():
        answer = Answer(
            api.raw(
                method, address, body.replace(b"{version}", version.encode()), content_type=kind
            )
        )
        if answer.status < 400:  # this one was right after all
            before = state()
            continue
        refused += 1
        assert state() == before, (method, path, body[:200])
    assert refused or method == "DELETE"
