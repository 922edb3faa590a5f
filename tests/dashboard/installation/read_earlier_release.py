"""Migrates the data folder SLUICE_DATA_DIR and prints, as JSON, what pages and the API of this
release show of it. `facts.json` in the folder has ids and tokens. A program of its own: settings
belong to one process."""

from __future__ import annotations

import json
import os
import sys

import django
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.test import Client

STATIC = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}


def facts() -> dict:
    return json.loads((settings.DATA_DIR / "facts.json").read_text())


def pages() -> dict[str, tuple[int, str]]:
    """Status and text of each page, for an admin."""
    ids = facts()
    shop = next(id for id, version in ids["versions"].items() if version == ["shop", 2])
    paths = {
        "workers": "/workers/",
        "worker": "/workers/shop/",
        "version": f"/workers/shop/versions/{shop}/",
        "deployments": "/workers/shop/deployments/",
        "rollout": f"/workers/pricing/rollouts/{ids['rollout']}/",
        "hooks": "/workers/shop/hooks/",
        "checks": "/workers/shop/checks/",
        "overrides": "/workers/shop/overrides/?all=1",
        "review": f"/reviews/{ids['proposal']}/",
        "policies": "/policies/",
        "saved": f"/playground/r/{ids['saved']}/",
        "variables": "/playground/variables/shop/",
        "run": f"/playground/many/{ids['run']}/",
        "conversation": "/workers/shop/conversation/",
        "people": "/people/",
        "exports": "/exports/",
        "notifications": "/notifications/",
        "edges": "/edges/",
        "activity": "/activity/",
    }
    client = Client(SERVER_NAME="localhost")
    sign_in = {"username": "admin", "password": "correct horse battery"}
    answer = client.post("/accounts/login/", sign_in)
    assert answer.status_code == 302, answer.content
    answers = {name: client.get(path) for name, path in paths.items()}
    return {name: (page.status_code, page.content.decode()) for name, page in answers.items()}


def api() -> dict[str, object]:
    """Answers to the tokens that were made with the earlier release."""
    token = {"authorization": f"Bearer {facts()['token']}"}
    base = f"/client/v4/accounts/{settings.ACCOUNT_ID}/workers/scripts/shop"
    client = Client(SERVER_NAME="localhost", headers=token)
    edge_token = (settings.DATA_DIR / "edge_token").read_text().strip()
    edge = Client(SERVER_NAME="localhost", headers={"authorization": f"Bearer {edge_token}"})
    return {
        "versions": client.get(f"{base}/versions").json(),
        "deployments": client.get(f"{base}/deployments").json(),
        "snapshot": edge.get("/edge/v1/snapshot").json(),
    }


def rows() -> dict[str, int]:
    """The number of rows in every table."""
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
        counts = {}
        for table in tables:
            cursor.execute(f'SELECT COUNT(*) FROM "{table}"')
            counts[table] = cursor.fetchone()[0]
    return counts


def values() -> dict[str, str | int | bool]:
    """What migrations renamed or computed, and what the earlier release encrypted."""
    from dashboard.exports.models import DeadLetter, Job
    from dashboard.notifications.models import Webhook
    from dashboard.rollouts.hooks.models import Hook
    from dashboard.variables.store import all_values
    from routing.models import Edge
    from routing.secret_encryption import decrypt

    job, hook = Job.objects.get(), Hook.objects.get()
    return {
        "destination": decrypt(job.encrypted_destination).reveal(),
        "redacted_destination": job.redacted_destination,
        "retry_requested": DeadLetter.objects.get().retry_requested,
        "hook": decrypt(hook.sealed_url).reveal(),
        "hook_redacted": hook.url,
        "webhook": decrypt(Webhook.objects.get().sealed_url).reveal(),
        "variable": all_values("shop")[0]["token"],
        "lost_lines": Edge.objects.get().lost_lines,
    }


if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "dashboard.settings"
    django.setup()
    before = rows()
    call_command("migrate", verbosity=0)
    settings.STORAGES = settings.STORAGES | {"staticfiles": STATIC}
    after = rows()
    seen = {"before": before, "after": after, "values": values(), "pages": pages(), "api": api()}
    json.dump(seen, sys.stdout)
