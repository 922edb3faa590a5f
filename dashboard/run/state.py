"""The state server: `sluice state`, and a child of `make run`."""

from __future__ import annotations

import asyncio
import os
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from routing import log_lines
from routing.hidden_environment import hide
from routing.parent_watch import on_parent_exit

if TYPE_CHECKING:
    from routing.storage.server import Listen
    from routing.storage.sources import AiHost


def main() -> int:
    """Serves until SIGTERM; the exit code."""
    hide()
    os.umask(0o077)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")
    from django.conf import settings

    from dashboard.run.memory import give_back_memory
    from routing.storage.server import FolderInUse, serve

    give_back_memory()
    log_lines.log_to_stderr(settings.LOG_FORMAT)

    def stop_with_parent(stopping: asyncio.Event) -> None:
        loop = asyncio.get_running_loop()
        if settings.PARENT_PID is not None:
            on_parent_exit(settings.PARENT_PID, partial(_stop, loop, stopping))

    try:
        serve(
            settings.STATE_DIR,
            settings.STATE_KEYS,
            _listen(),
            take_over=settings.PARENT_PID is not None,  # after `make restart`
            ai=_ai_host(),
            until=stop_with_parent,
        )
    except FolderInUse as error:
        print(error, file=sys.stderr)
        return 2
    except OSError as error:
        print(f"The state server cannot start: {error}", file=sys.stderr)
        return 2
    return 0


def _ai_host() -> AiHost | None:
    from django.conf import settings

    from routing.storage.sources import AiHost

    if not settings.AI_URL:
        return None
    return AiHost(settings.AI_URL, settings.AI_KEY, settings.AI_MODELS)


def _listen() -> Listen | None:
    """Raises `OSError` if the certificate cannot be read."""
    from django.conf import settings

    from routing.storage.server import Listen
    from routing.storage.sources import KeyPair

    if not settings.STATE_LISTEN:
        return None
    host, _, port = settings.STATE_LISTEN.rpartition(":")
    files = (settings.STATE_CERT_FILE, settings.STATE_CERT_KEY_FILE)
    certificate, key = (Path(file).read_text() for file in files)
    return Listen(host.strip("[]"), int(port), KeyPair(certificate, key))


def _stop(loop: asyncio.AbstractEventLoop, stopping: asyncio.Event) -> None:
    loop.call_soon_threadsafe(stopping.set)


if __name__ == "__main__":
    raise SystemExit(main())
