"""Single requests by day on a real PostgreSQL: rows of earlier releases, and days that pass."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.running import PROJECT
from tests.stores import postgresql

BEFORE = "0017_add_assets"
ROWS = """
import django; django.setup()
from datetime import timedelta
from django.utils import timezone
from routing.models import Edge, Invocation, InvocationDetail
now = timezone.now()
def row(edge, name, at):
    return Invocation(edge=edge, request_id=name, status=200, started_on=at, duration_us=1)
def store(edge, days, names):
    at = now - timedelta(days=days)
    Invocation.objects.bulk_create([row(edge, n, at) for n in names], ignore_conflicts=True)
    details = [InvocationDetail(edge=edge, detail_id=n, started_on=at, wall_ms=1) for n in names]
    InvocationDetail.objects.bulk_create(details, ignore_conflicts=True)
"""
FILL = f"""
from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader
call_command("migrate", "routing", "{BEFORE}", verbosity=0)
now_models = Edge, Invocation, InvocationDetail
earlier = MigrationLoader(connection).project_state([("routing", "{BEFORE}")]).apps
Edge, Invocation, InvocationDetail = (
    earlier.get_model("routing", model.__name__) for model in now_models
)
edge = Edge.objects.create(name="far", token_sha256="x", created_on=now)
store(edge, 3, ["old-1", "old-2"]); store(edge, 0, ["new-1"])
call_command("migrate", verbosity=0)
Edge, Invocation, InvocationDetail = now_models
"""
CHECK = """
import json
from dashboard.observability.ingest import partitions, retention
from django.conf import settings
from django.db import connection
edge = Edge.objects.get()
facts = {}
names = lambda: sorted(Invocation.objects.values_list("request_id", flat=True))
facts["kept"] = names()
facts["newest_id"] = Invocation.objects.order_by("-id").first().request_id
fresh = row(edge, "fresh", now)
fresh.save()
facts["ids_go_on"] = fresh.pk > Invocation.objects.exclude(pk=fresh.pk).latest("id").pk
Invocation.objects.bulk_create([row(edge, "fresh", now)], ignore_conflicts=True)
facts["once"] = Invocation.objects.filter(request_id="fresh").count()
store(edge, -40, ["ahead-of-time"])
facts["made"] = len(partitions.make_ahead("routing_invocation", now))
facts["made_again"] = len(partitions.make_ahead("routing_invocation", now))
ahead = now + timedelta(days=2)
row(edge, "in-two-days", ahead).save()
settings.KEEP_REQUESTS_HOURS = 24
facts["deleted_by_row"] = retention.prune_requests(now)
facts["after_pruning"] = names()
later = now + timedelta(days=5)
facts["deleted_later"] = retention.prune_requests(later)
facts["after_days"] = names()
with connection.cursor() as cursor:
    cursor.execute("SELECT tableoid::regclass::text FROM routing_invocation")
    facts["in"] = [name for name, in cursor.fetchall()]
settings.KEEP_REQUESTS_HOURS = 1000
for day in (5, 6, 7):
    at = now + timedelta(days=day)
    partitions.make_ahead("routing_invocation", at)
    Invocation.objects.bulk_create([row(edge, f"{day}-{n}", at) for n in range(10)])
settings.KEEP_REQUESTS_ROWS = 12
facts["deleted_by_number"] = retention.prune_requests(now + timedelta(days=7))
facts["left"] = Invocation.objects.count()
edge.delete()
facts["with_the_edge"] = Invocation.objects.count() + InvocationDetail.objects.count()
print(json.dumps(facts))
"""


@pytest.fixture
def python(tmp_path: Path):
    """Runs Python on a PostgreSQL of its own."""
    with postgresql(tmp_path) as url:
        environment = os.environ | {
            "DATABASE_URL": url,
            "SLUICE_DATA_DIR": str(tmp_path / "data"),
            "SLUICE_SECRET_KEY": "s" * 50,
            "DJANGO_SETTINGS_MODULE": "dashboard.settings",
        }

        def run(*arguments: str) -> str:
            command = [sys.executable, *arguments]
            return subprocess.run(
                command, cwd=PROJECT, env=environment, check=True, stdout=subprocess.PIPE, text=True
            ).stdout

        yield run


def test_days_are_dropped_and_nothing_of_an_earlier_release_is_lost(python) -> None:
    facts = json.loads(python("-c", ROWS + FILL + CHECK).splitlines()[-1])
    assert facts["kept"] == ["new-1", "old-1", "old-2"] and facts["newest_id"] == "new-1"
    assert facts["ids_go_on"] and facts["once"] == 1
    assert facts["made"] > 0 and facts["made_again"] == 0
    assert facts["deleted_by_row"] == 4  # two old requests and their details, in the first part
    kept = ["ahead-of-time", "fresh", "in-two-days", "new-1"]
    assert facts["after_pruning"] == kept
    assert facts["deleted_later"] == 0 and facts["after_days"] == ["ahead-of-time"]
    assert facts["in"] == ["routing_invocation_rest"]
    assert facts["deleted_by_number"] < 20 and facts["left"] <= 12
    assert facts["with_the_edge"] == 0
