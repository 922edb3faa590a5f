"""Saved checks become suites: one for each Worker and collection, named as the collection.

What it does is written here in full, so that it stays the same when other code changes.
"""

import base64
import json
import re
from typing import Any
from urllib.parse import urlencode

from django.db import migrations
from django.utils import timezone

MOST_CHECKS = 1000
TYPES = {"json": "application/json", "form": "application/x-www-form-urlencoded"}
READS = ("GET", "HEAD")
HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def check_of(saved: Any) -> dict[str, Any]:
    """The saved request and its expectations as a check of a suite."""
    fields = {str(name): str(value) for name, value in saved.request.items()}
    request = {"method": saved.method, "path": fields.get("path") or saved.path or "/"}
    picked = {n.removeprefix("version."): v for n, v in fields.items() if n.startswith("version.")}
    pieces = (
        ("headers", headers_of(fields, saved.method)),
        ("body", body_of(fields) if saved.method not in READS else ""),
        ("key", fields.get("key", "")),
        ("overrides", {name: version for name, version in picked.items() if name and version}),
    )
    request |= {name: value for name, value in pieces if value}
    check = {"name": saved.name or f"{saved.method} {saved.path}"[:100], "request": request}
    asserted = assertions_of(saved.check_json)
    return check | ({"assert": asserted} if asserted else {})


def assertions_of(kept: dict[str, Any]) -> list[dict[str, Any]]:
    """That the version under test ran is always checked, so `ran` needs no assertion."""
    found: list[dict[str, Any]] = []
    status = kept.get("status")
    if isinstance(status, int) and 100 <= status <= 599:
        found.append({"status": status})
    if kept.get("contains"):
        found.append({"text": kept["contains"][:10_000]})
    if kept.get("path"):
        equals = kept.get("equals", "")
        path = json_path(kept["path"])
        found.append({"json": path} | ({"as_text": equals[:10_000]} if equals else {}))
    return found


def json_path(dotted: str) -> str:
    """`version.id` and `lines.0` as JSONPath (RFC 9535)."""
    path = "$"
    for step in filter(None, dotted.removeprefix("$").split(".")):
        if step.isascii() and step.isdigit():
            path += f"[{int(step)}]"
        else:
            path += f".{step}" if KEY.fullmatch(step) else f"[{json.dumps(step)}]"
    return path


def headers_of(fields: dict[str, str], method: str) -> dict[str, str]:
    """The typed lines, and those that the form adds for a body and an authorization."""
    lines = [line.partition(":") for line in fields.get("headers", "").split("\n")]
    found = {n.strip(): v.strip() for n, colon, v in lines if colon and HEADER.fullmatch(n.strip())}
    given = {name.lower() for name in found}
    kind = TYPES.get(fields.get("kind", ""), "")
    if kind and fields.get("body") and method not in READS and "content-type" not in given:
        found["content-type"] = kind
    if "authorization" not in given and (login := authorization_of(fields)):
        found["authorization"] = login
    return found


def authorization_of(fields: dict[str, str]) -> str:
    token, user, password = (fields.get(name, "") for name in ("token", "user", "password"))
    if fields.get("auth") == "bearer" and token.strip():
        return f"Bearer {token.strip()}"
    if fields.get("auth") == "basic" and (user or password):
        pair = f"{user}:{password}"
        if "{{" in pair or "\u2022" in pair:  # a name or a mask would be lost in base64
            return f"Basic {pair}"
        return f"Basic {base64.b64encode(pair.encode()).decode()}"
    return ""


def body_of(fields: dict[str, str]) -> str:
    text = fields.get("body", "")
    if fields.get("kind") == "file":
        return ""
    if fields.get("kind") == "form":
        pairs = [line.strip().partition("=") for line in text.split("\n") if line.strip()]
        return urlencode([(name, value) for name, _, value in pairs])
    return text.replace("\n", "\r\n") if fields.get("line_breaks") == "crlf" else text


def turn_into_suites(apps: Any, schema_editor: Any) -> None:
    saved_requests = apps.get_model("playground", "Saved").objects.exclude(check_json={})
    workers = {w.name: w for w in apps.get_model("routing", "Worker").objects.all()}
    for saved in saved_requests.order_by("worker", "collection", "made_on"):
        if saved.check_json and saved.worker in workers:
            add(apps, workers[saved.worker], saved)


def add(apps: Any, worker: Any, saved: Any) -> None:
    """The check at the end of its suite: an edit of its own, by the person who saved it."""
    suite, checks = suite_with_room(apps, worker, saved)
    check = check_of(saved)
    check["name"] = free(check["name"], {other["name"] for other in checks})
    newest = suite.edits.order_by("-number").first()
    suite.edits.create(
        number=newest.number + 1 if newest else 1,
        document={"name": suite.name, "checks": [*checks, check]},
        author_id=saved.made_by_id,
        created_at=timezone.now(),
    )
    saved.suite, saved.check_name = suite, check["name"]
    saved.save(update_fields=["suite", "check_name"])


def suite_with_room(apps: Any, worker: Any, saved: Any) -> tuple[Any, list[Any]]:
    suites = apps.get_model("smoketests", "Suite").objects
    number = 1
    while True:
        name = saved.collection if number == 1 else f"{saved.collection[:90]} ({number})"
        suite, _ = suites.get_or_create(
            worker=worker, name=name, defaults={"created_at": timezone.now()}
        )
        newest = suite.edits.order_by("-number").first()
        checks = newest.document["checks"] if newest else []
        if len(checks) < MOST_CHECKS:
            return suite, checks
        number += 1


def free(name: str, taken: set[str]) -> str:
    number, found = 1, name
    while found in taken:
        number += 1
        found = f"{name[:90]} ({number})"
    return found


class Migration(migrations.Migration):
    dependencies = [
        ("playground", "0005_add_check_of_a_saved_request"),
        ("routing", "0007_fill_service_binding"),
    ]

    operations = [
        migrations.RunPython(turn_into_suites, migrations.RunPython.noop),
    ]
