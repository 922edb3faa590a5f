"""The same change as commands: what the buttons do, for scripts and for people who type."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from typing import Any

from django.conf import settings

from routing.control.addresses.listed import production_host
from routing.control.publish import url_of
from routing.models import Worker
from routing.rules.permissions.permission import PERMISSION_NAME, PLACEHOLDER

Commands = list[tuple[str, str]]


def deploy_commands(
    worker: Worker,
    pairs: Sequence[tuple[str, str]],
    message: str = "",
    expected: str = "",
    force: bool = False,
) -> Commands:
    """`wrangler versions deploy`, and the API call that it makes, whole and its body alone; only
    curl can deploy only if `expected` is still the live deployment, and consent (`force`) to go
    back to other secrets: `versions deploy` is refused then."""
    return [
        ("wrangler", _wrangler(worker, pairs, message)),
        ("curl", _curl(worker, pairs, message, expected, force)),
        ("API body", json.dumps(_body(pairs, message), indent=2)),
    ]


def override_header(worker: Worker, version_id: object) -> str:
    """The whole header line that makes this version answer."""
    return f'Cloudflare-Workers-Version-Overrides: {worker.name}="{version_id}"'


def override_command(worker: Worker, version_id: object) -> str:
    """A request that this version answers, as curl; a protected Worker's needs a permission too."""
    lines = [f"curl {url_of(production_host(worker))}/"]
    lines.append(f"-H {shlex.quote(override_header(worker, version_id))}")
    if worker.overrides_protected:
        lines.append(f'-H "{PERMISSION_NAME}: {PLACEHOLDER}"')
    return " \\\n  ".join(lines)


def _wrangler(worker: Worker, pairs: Sequence[tuple[str, str]], message: str) -> str:
    lines = ["npx wrangler versions deploy", *(f"{v}@{p}%" for v, p in pairs)]
    lines.append(f"--name {worker.name}")
    if message:
        lines.append(f"--message {shlex.quote(message)}")
    return " \\\n  ".join([*lines, "-y"])


def _curl(
    worker: Worker, pairs: Sequence[tuple[str, str]], message: str, expected: str, force: bool
) -> str:
    address = f"accounts/{settings.ACCOUNT_ID}/workers/scripts/{worker.name}/deployments"
    address += "?force=true" if force else ""
    return " \\\n  ".join(
        [
            f'curl "$CLOUDFLARE_API_BASE_URL/{address}"',
            '-H "Authorization: Bearer $CLOUDFLARE_API_TOKEN"',
            "-H 'Content-Type: application/json'",
            *([f"-H 'Sluice-Expected-Deployment: {expected}'"] if expected else []),
            f"-d {shlex.quote(json.dumps(_body(pairs, message)))}",
        ]
    )


def _body(pairs: Sequence[tuple[str, str]], message: str) -> dict[str, Any]:
    body: dict[str, Any] = {
        "strategy": "percentage",
        "versions": [{"version_id": v, "percentage": _number(p)} for v, p in pairs],
    }
    return body | ({"annotations": {"workers/message": message}} if message else {})


def _number(text: str) -> int | float:
    number = float(text)
    return int(number) if number.is_integer() else number
