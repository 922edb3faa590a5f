"""The web process: uvicorn on one port; it ends when the process that started it does."""

from __future__ import annotations

import os
import sys

from dashboard.run.listener.connections import Connections
from dashboard.run.listener.http_protocol import WatchedHttp
from dashboard.run.listener.limits import limits_for, raise_open_files
from dashboard.run.listener.repeated_lines import limit_repeated_lines
from dashboard.run.listener.server import ACCEPTED_AT_A_TURN, Server, listening_socket
from dashboard.run.listener.websocket_protocol import ListenerConfig, WatchedWebSockets
from dashboard.run.memory import collect_rarely, freeze_loaded_objects, give_back_memory
from routing.hidden_environment import hide
from routing.parent_watch import on_parent_exit

# Longer than any caller keeps an idle connection (edges 30 s, httpx 5 s, nginx in front 60 s): a
# server that closes first resets the request that is on its way just then.
KEEP_ALIVE_SECONDS = 75
SOCKET_MESSAGE_BYTES = 64 * 1024
"""The largest that a WebSocket's client may send; ours send nothing of meaning."""


SWITCH_SECONDS = 0.001
"""A thread that computes gives Python's lock up so soon when another one wants it. A page asks the
database some thirty times, and gets the lock back after each: at Python's 5 ms a person whose
request computes for a second would hold up all others' pages by as much."""


def main() -> int:
    sys.setswitchinterval(SWITCH_SECONDS)
    collect_rarely()
    hide()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")
    from django.conf import settings

    give_back_memory()
    server_config = config()
    server = Server(server_config, server_config.connections)
    if settings.PARENT_PID is not None:
        on_parent_exit(settings.PARENT_PID, lambda: setattr(server, "should_exit", True))
    try:
        listener = listening_socket(settings.HTTP_HOST, settings.HTTP_PORT)
    except OSError as error:
        where = f"{settings.HTTP_HOST}:{settings.HTTP_PORT}"
        print(f"The web process cannot listen on {where}: {error.strerror}", file=sys.stderr)
        return 1
    server_config.load()  # the logging of the settings comes with the application
    limit_repeated_lines()
    freeze_loaded_objects()
    server.run(sockets=[listener])
    return 0


def config() -> ListenerConfig:
    """One port for pages, the API, edges and sockets; the settings must be there."""
    from django.conf import settings

    limits = limits_for(
        raise_open_files(),
        connections=settings.HTTP_CONNECTIONS,
        per_address=settings.HTTP_CONNECTIONS_PER_ADDRESS,
    )
    return ListenerConfig(
        "dashboard.asgi:application",
        connections=Connections(limits, proxies=settings.TRUSTED_PROXIES),
        http=WatchedHttp,
        ws=WatchedWebSockets,
        ws_max_size=SOCKET_MESSAGE_BYTES,
        backlog=ACCEPTED_AT_A_TURN,
        access_log=False,
        log_level="warning",
        lifespan="off",
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=3,
        # Anyone else could name any client.
        proxy_headers=settings.BEHIND_TLS or bool(settings.TRUSTED_PROXIES),
        forwarded_allow_ips=["127.0.0.1", "::1", *settings.TRUSTED_PROXIES],
    )


if __name__ == "__main__":
    raise SystemExit(main())
