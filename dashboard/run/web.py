"""The web process: uvicorn on one port; it ends when the process that started it does."""

from __future__ import annotations

import os

import uvicorn

from dashboard.run.unmasked import WebSockets
from routing.hidden_environment import hide
from routing.parent import when_gone

# Longer than any caller keeps an idle connection (edges 30 s, httpx 5 s, nginx in front 60 s): a
# server that closes first resets the request that is on its way just then.
KEEP_ALIVE_SECONDS = 75


def main() -> None:
    hide()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")
    from django.conf import settings

    server = uvicorn.Server(config())
    if settings.PARENT_PID is not None:
        when_gone(settings.PARENT_PID, lambda: setattr(server, "should_exit", True))
    server.run()


def config() -> uvicorn.Config:
    """One port for pages, the API, edges and sockets; the settings must be there."""
    from django.conf import settings

    return uvicorn.Config(
        "dashboard.asgi:application",
        host=settings.HTTP_HOST,
        port=settings.HTTP_PORT,
        access_log=False,
        log_level="warning",
        lifespan="off",
        ws=WebSockets,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=3,
        # X-Forwarded-For is the word of a proxy on this machine; where there is none, anybody's.
        proxy_headers=settings.BEHIND_TLS,
        forwarded_allow_ips="127.0.0.1",
    )


if __name__ == "__main__":
    main()
