"""Commands of the control plane. Settings are loaded here, so that a bad one is one line."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from dashboard.cli import messages


def load(*, needs_shared_keys: bool = True) -> None:
    """Settings and apps. Exits with a message if a setting is invalid or missing."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")
    import django
    from django.core.exceptions import ImproperlyConfigured

    try:
        django.setup()
    except ImproperlyConfigured as error:
        raise SystemExit(_cannot_start(str(error))) from error
    from dashboard.installation.shared_keys import missing_keys

    if needs_shared_keys and (keys := missing_keys()):
        raise SystemExit(_cannot_start(messages.NO_SHARED_KEYS.format(keys=" and ".join(keys))))


def _cannot_start(why: str) -> int:
    print(messages.CANNOT_START.format(why=why), file=sys.stderr)
    return 1


def setup() -> int:
    """Prints what was done."""
    load()
    from django.db import DatabaseError

    from dashboard.installation.setup import set_up

    try:
        done = set_up()
    except DatabaseError as error:
        return _cannot_start(messages.NO_DATABASE.format(why=str(error).strip()))
    messages.print_setup(done)
    return 0


def web() -> int:
    """Serves until SIGTERM. Each machine collects its own static files."""
    load()
    from dashboard.run import web as process
    from dashboard.ui.assets.collect import collect_static

    collect_static()
    return process.main()


def work() -> int:
    """Runs until SIGTERM."""
    load()
    from dashboard.run import work as process

    process.main()
    return 0


def state() -> int:
    """Serves until SIGTERM. It needs no database."""
    load()
    from dashboard.run import state as process

    return process.main()


def manage(arguments: Sequence[str]) -> int:
    """`manage.py`, which only a copy of the project has."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")
    from django.core.management import execute_from_command_line

    from routing.trail import origin

    with origin.begin():
        execute_from_command_line(["sluice manage", *arguments])
    return 0
